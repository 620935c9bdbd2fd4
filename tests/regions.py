"""Bundles of practices that do not exist, made from a real one of this computer."""

import re
import subprocess
import sys
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from evidence_tools import key, signer

from socle.evidence import signature
from socle.evidence.bundle import read, write
from socle.evidence.signature import Trust
from socle.region.cache import Cache
from socle.region.reading import bundles
from socle.region.survey import Survey

CHECKOUT = Path(__file__).resolve().parents[1]
SOCLE = Path(sys.executable).with_name("socle")
NOW = datetime.now().astimezone()


@cache
def real():
    """A bundle of this computer with all verdicts, collected once for all tests."""
    with TemporaryDirectory() as folder:
        words = ["verify", "inventories/local", "--no-keep", "--evidence", folder]
        subprocess.run([SOCLE, *words], cwd=CHECKOUT, capture_output=True, check=False)
        (path,) = Path(folder).glob("*.bundle")
        return read(path)


def machine(
    bundle, practice="cabinet-martin", host="accueil", *, id_=None, hosts=(), days=0, **changes
):
    """The same evidence from another machine, so many days ago; ``changes`` of the bundle.

    ``id_``: the practice's; ``hosts``: the other machines that it declares.
    """
    before = bundle.host.name
    answers = tuple(
        said.model_copy(update={"asked": host if said.asked == before else said.asked})
        for said in bundle.answers
    )
    made = {
        "collected": NOW - timedelta(days=days),
        "host": bundle.host.model_copy(update={"name": host}),
        "practice": bundle.practice.model_copy(
            update={
                "name": practice,
                "id": id_,
                "hosts": dict.fromkeys((host, *hosts), bundle.practice.hosts[before]),
            }
        ),
        "answers": answers,
    }
    return bundle.model_copy(update=made | changes)


def put(folder, bundle):
    """Write a bundle where a region keeps it."""
    return write(bundle, folder / bundle.practice.name)


def verdict(bundle, control, said):
    """The same bundle with another verdict of one control."""
    changed = (
        one.model_copy(update={"verdict": said}) if one.control == control else one
        for one in bundle.verdicts
    )
    return bundle.model_copy(update={"verdicts": tuple(changed)})


class Signers:
    """Keys of a region, each with the name that its file of signers gives it."""

    def __init__(self, folder):
        self.folder, self.trust = folder, Trust(folder / "allowed_signers")
        folder.mkdir()
        self.trust.signers.write_text("")

    def key(self, name):
        """A key that may sign under ``name`` ("practice:ID/WHO")."""
        made = key(self.folder, re.sub(r"[^a-z0-9]", "-", name))
        with self.trust.signers.open("a") as file:
            file.write(signer(name, made))
        return made

    def put(self, folder, bundle, with_key):
        """Write a bundle where a region keeps it, signed."""
        path = put(folder, bundle)
        signature.sign(path, with_key)
        return path


def survey(folder, state, **how):
    """(machines, reading, survey) of a folder."""
    how = {"max_age_days": 35, "key": b"secret", "now": NOW, "workers": 1} | how
    with Cache(state) as cache:
        made = Survey(cache, how.pop("root", CHECKOUT), **how)
        reading = made.read(bundles(folder)[0], lambda: None)
        return list(made.judge(reading, lambda: None)), reading, made


def command(*words, cwd=CHECKOUT):
    """``socle region`` as it is typed."""
    return subprocess.run(
        [SOCLE, "region", *words], cwd=cwd, capture_output=True, text=True, check=False
    )
