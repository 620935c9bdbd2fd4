"""What the last version with schema 1 wrote is still read, judged, vouched for and counted."""

import json
import sys

import pytest
import schema1

from socle.evidence import bundle as files
from socle.evidence import store
from socle.evidence.signature import State, Trust, verify
from socle.report import history
from socle.verify import Verdict
from socle.verify.replay import judge

HOSTS = ("accueil", "serveur")
VERDICTS = {
    "toy-passes": Verdict.PASS,
    "toy-fails": Verdict.FAIL,
    "toy-hostile": Verdict.FAIL,
    "toy-unknown": Verdict.UNKNOWN,
    "toy-slow": Verdict.UNKNOWN,
    "toy-waived": Verdict.WAIVED,
    "toy-late": Verdict.FAIL,
    "toy-beyond": Verdict.FAIL,
    "toy-absent": Verdict.NOT_APPLICABLE,
}


@pytest.fixture
def checkout(tmp_path):
    for name in [name for name in sys.modules if name.startswith("roles.toy")]:
        del sys.modules[name]
    schema1.checkout(tmp_path)
    return tmp_path


@pytest.mark.parametrize("host", HOSTS)
def test_a_bundle_is_judged_as_it_was_then(host, checkout):
    bundle = files.read(schema1.DATA / f"{host}.bundle")
    _, outcomes = judge(bundle, root=checkout)
    assert {o.control: str(o.verdict) for o in outcomes} == {
        one.control: one.verdict for one in bundle.verdicts
    }
    assert all(o.unreachable for o in outcomes) == (host == "serveur")
    if host == "accueil":
        assert {o.control: o.verdict for o in outcomes} == VERDICTS


@pytest.mark.parametrize("name", ["accueil.bundle", "report.json"])
def test_its_signature_holds(name):
    trust = Trust(schema1.DATA / "allowed_signers")
    assert verify(schema1.DATA / name, trust, schema1.COLLECTED).state is State.GOOD


def test_a_run_of_then_is_part_of_the_history(tmp_path):
    document = json.loads((schema1.DATA / "report.json").read_text())
    assert document["schema"] == 1
    store.keep(tmp_path, "run", schema1.COLLECTED, document)
    kept = history.read(tmp_path, "toy", document["practice_id"])
    (run,) = kept.runs
    assert not kept.left_out
    assert {c: v for (h, c), v in run.verdicts.items() if h == "accueil"} == VERDICTS
