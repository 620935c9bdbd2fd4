"""A region believes a key for its own practice or machine only, and what it judged itself."""

from datetime import timedelta

import pytest
import regions
from regions import NOW, machine, put, survey, verdict

from socle.evidence.principals import practices
from socle.region import judging, work
from socle.region import survey as surveying
from socle.region.codes import Codes, Entry
from socle.region.model import Found, Source
from socle.region.sampling import SHARE, better, sample

MARTIN, LOPEZ = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def real():
    return regions.real()


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    """Without processes for two bundles each; `test_region.py` has them."""
    for module in (surveying, judging):
        monkeypatch.setattr(module, "spread", lambda work, items, *_, **__: map(work, items))


@pytest.fixture
def region(tmp_path):
    return tmp_path / "region"


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def signers(tmp_path):
    return regions.Signers(tmp_path / "keys")


def all_good(bundle):
    """The bundle with each ``unknown`` and ``fail`` changed to ``pass``, as an attacker has it."""
    for one in bundle.verdicts:
        if one.verdict in {"unknown", "fail"}:
            bundle = verdict(bundle, one.control, "pass")
    return bundle


def reasons(surveyed):
    return {one.path.name.partition("-")[0]: one.reason for one in surveyed.refused}


def test_verdicts_that_were_changed_and_signed_are_judged_again_and_named(
    real, region, state, signers
):
    mine = signers.key(f"practice:{MARTIN}/it")
    signers.put(region, all_good(machine(real, id_=MARTIN)), mine)
    ((found,), _, surveyed) = survey(region, state, trust=signers.trust)
    assert found.source is Source.AGAIN
    assert "unknown" in found.verdicts.values()
    (different,) = surveyed.differing
    assert "verdicts are not what its answers give" in different.reason


def test_one_lie_has_all_of_that_signers_bundles_judged_again(real, region, state, signers):
    liar, other = signers.key(f"practice:{MARTIN}/it"), signers.key(f"practice:{LOPEZ}/it")
    for number in range(10):
        lying = all_good(machine(real, host=f"poste-{number}", id_=MARTIN))
        signers.put(region, lying, liar)
        signers.put(region, machine(real, "cabinet-lopez", f"poste-{number}", id_=LOPEZ), other)
    machines, _, surveyed = survey(region, state, trust=signers.trust)
    sources = {of: [one.source for one in machines if one.head.id == of] for of in (MARTIN, LOPEZ)}
    assert set(sources[MARTIN]) == {Source.AGAIN}
    assert sources[LOPEZ].count(Source.AGAIN) == 2
    assert sources[LOPEZ].count(Source.DECLARED) == 8
    assert len(surveyed.differing) == 10


def test_who_signs_what_cannot_be_judged_is_not_believed_elsewhere(
    real, region, state, signers, monkeypatch
):
    mine = signers.key(f"practice:{MARTIN}/it")
    for number in range(10):
        signers.put(region, machine(real, host=f"poste-{number}", id_=MARTIN), mine)
    trouble = {"trouble": "it cannot be judged: ValueError"}
    monkeypatch.setattr(work, "examine", lambda job, **_: Found(job.sha256, **trouble))
    machines, _, surveyed = survey(region, state, trust=signers.trust)
    assert {one.source for one in machines} == {Source.NONE}
    assert len(surveyed.refused) == 10


def test_the_sample_is_the_regions_secret_and_has_one_of_each_signer():
    signers = {f"signer {n}": [f"{n}-{m}" for m in range(n)] for n in range(1, 40)}
    drawn = sample(signers, b"one")
    assert drawn != sample(signers, b"another")
    for bundles in signers.values():
        share = len(drawn & set(bundles)) / len(bundles)
        assert share >= 1 / len(bundles)
        assert len(bundles) < SHARE or 0.6 / SHARE < share < 2 / SHARE


def test_what_got_better_since_it_last_counted_is_judged_again(real, region, state, signers):
    mine = signers.key(f"practice:{MARTIN}/it")
    hosts = [f"poste-{number}" for number in range(6)]
    for host in hosts:
        signers.put(region, machine(real, host=host, id_=MARTIN, days=2), mine)
    survey(region, state, trust=signers.trust)
    for host in hosts:
        bad = next(one.control for one in real.verdicts if one.verdict == "fail")
        signers.put(region, verdict(machine(real, host=host, id_=MARTIN), bad, "pass"), mine)
    machines, _, surveyed = survey(region, state, trust=signers.trust)
    assert {one.source for one in machines} == {Source.AGAIN}
    assert {one.verdicts[bad] for one in machines} == {"fail"}
    assert len(surveyed.differing) == 6


def test_better_is_what_was_not_good_and_now_is():
    assert better({"a": "pass"}, {"a": "unknown"})
    assert better({"a": "not-applicable"}, {"a": "fail"})
    assert not better({"a": "fail", "b": "pass"}, {"a": "unknown", "b": "pass"})
    assert not better({"new": "pass"}, {})


def test_a_key_of_one_practice_never_replaces_evidence_of_another(real, region, state, signers):
    mine, theirs = signers.key(f"practice:{MARTIN}/it"), signers.key(f"practice:{LOPEZ}/it")
    signers.put(region, machine(real, id_=MARTIN, days=1), mine)
    forged = signers.put(region, all_good(machine(real, id_=MARTIN)), theirs)
    ((found,), _, surveyed) = survey(region, state, trust=signers.trust)
    assert (found.signed, (NOW - found.head.collected).days) == (True, 1)
    (refused,) = surveyed.refused
    assert refused.path == forged
    assert refused.reason == f"practice:{LOPEZ}/it does not vouch for accueil of cabinet-martin"


def test_a_machines_key_vouches_for_that_machine_alone(real, region, state, signers):
    desk = signers.key(f"machine:{MARTIN}/accueil")
    for host in ("accueil", "medecin"):
        signers.put(region, machine(real, host=host, id_=MARTIN), desk)
    machines, _, surveyed = survey(region, state, trust=signers.trust)
    assert {one.head.host: one.signed for one in machines} == {"accueil": True, "medecin": False}
    assert reasons(surveyed) == {
        "medecin": f"machine:{MARTIN}/accueil does not vouch for medecin of cabinet-martin"
    }


def test_a_name_without_id_signs_only_for_the_practice_that_the_region_gives_it(
    real, region, state, signers
):
    person = signers.key("it@provider.example")
    for practice in ("cabinet-martin", "cabinet-lopez"):
        signers.put(region, machine(real, practice, practice[8:]), person)
    codes = Codes(b"key", {"cabinet-martin": Entry("31-0042", ("it@provider.example",))}, set())
    machines, _, _ = survey(region, state, trust=signers.trust, names=codes)
    assert {one.head.host: one.signed for one in machines} == {"martin": True, "lopez": False}
    machines, _, _ = survey(region, state, trust=signers.trust)
    assert not any(one.signed for one in machines)


@pytest.mark.parametrize("known", ["codes.yml", "allowed_signers", "only its name"])
def test_a_name_without_id_cannot_choose_the_id_of_another_practice(
    real, region, state, signers, known
):
    theirs = signers.key(f"practice:{LOPEZ}/it" if known != "only its name" else "it@lopez")
    mine = signers.key("it@martin")
    signers.put(region, machine(real, "cabinet-lopez", id_=LOPEZ, days=1), theirs)
    signers.put(region, machine(real, "cabinet-martin", id_=LOPEZ), mine)
    given = {"cabinet-martin": Entry("AAA", ("it@martin",))}
    if known == "codes.yml":
        given[LOPEZ] = Entry("BBB")
    if known == "only its name":
        given["cabinet-lopez"] = Entry("BBB", ("it@lopez",))
    codes = Codes(b"key", given, practices(signers.trust.signers.read_text()))
    machines, _, surveyed = survey(region, state, trust=signers.trust, names=codes)
    counted = {codes.of(one.head.practice, one.head.id): one for one in machines if one.signed}
    (of_lopez,) = (one for code, one in counted.items() if code != "AAA")
    assert of_lopez.head.practice == "cabinet-lopez"
    if known == "only its name":
        assert counted["AAA"].head.practice == "cabinet-martin"
    else:
        assert reasons(surveyed) == {
            "accueil": "it@martin does not vouch for accueil of cabinet-martin"
        }


def test_a_practice_cannot_take_a_name_that_the_region_gave_to_a_signer():
    codes = Codes(b"key", {"cabinet-martin": Entry("AAA", ("it@martin",))}, {LOPEZ})
    assert codes.of("cabinet-martin", LOPEZ).startswith("C-")
    assert codes.of("cabinet-martin", MARTIN, shared=True) == "AAA"


def test_a_practice_called_like_an_id_has_another_code_than_the_practice_with_it():
    codes = Codes(b"key")
    assert codes.of(LOPEZ) != codes.of("cabinet-lopez", LOPEZ)


def test_ids_that_may_sign_are_those_of_principals_alone():
    text = f"""
# practice:{MARTIN}/comment ssh-ed25519 AAAA
"it@x,machine:{LOPEZ}/accueil" ssh-ed25519 AAAA practice:{MARTIN}/comment
"""
    assert practices(text) == {LOPEZ}


def test_an_unsigned_newer_bundle_does_not_replace_a_signed_one(real, region, state, signers):
    mine = signers.key(f"practice:{MARTIN}/it")
    signers.put(region, machine(real, id_=MARTIN, days=1), mine)
    put(region, machine(real, id_=MARTIN))
    ((found,), _, surveyed) = survey(region, state, trust=signers.trust)
    assert found.signed
    assert reasons(surveyed) == {"accueil": "not signed by anyone known: unsigned"}


def test_two_bundles_of_one_moment_say_nothing(real, region, state, signers):
    mine = signers.key(f"practice:{MARTIN}/it")
    one = machine(real, id_=MARTIN)
    signers.put(region / "a", one, mine)
    signers.put(region / "b", all_good(one), mine)
    ((found,), _, surveyed) = survey(region, state, trust=signers.trust)
    assert set(found.verdicts.values()) == {"unknown"}
    assert [one.reason for one in surveyed.refused] == [
        "another bundle of this machine is of the same moment: neither counts"
    ] * 2
    signers.put(region / "c", machine(real, id_=MARTIN, days=1), mine)
    ((found,), _, _) = survey(region, state, trust=signers.trust)
    assert found.source is Source.AGAIN


def test_a_bundle_of_tomorrow_hides_nothing(real, region, state, signers):
    mine = signers.key(f"practice:{MARTIN}/it")
    today = machine(real, id_=MARTIN)
    signers.put(region, today, mine)
    later = today.model_copy(update={"collected": NOW + timedelta(hours=23)})
    hidden = signers.put(region, all_good(later), mine)
    ((found,), reading, _) = survey(region, state, trust=signers.trust)
    assert found.head.collected == today.collected
    (refused,) = reading.refused
    assert refused.path == hidden
    assert "its date lies in the future" in refused.reason


def test_two_practices_of_one_name_are_kept_apart(real, region, state, signers):
    for of in (MARTIN, LOPEZ):
        mine = signers.key(f"practice:{of}/it")
        signers.put(region / of, machine(real, id_=of), mine)
    machines, _, surveyed = survey(region, state, trust=signers.trust)
    assert {one.head.id for one in machines} == {MARTIN, LOPEZ}
    assert surveyed.shared == {"cabinet-martin"}
    codes = Codes(b"key", {"cabinet-martin": Entry("31-0042"), LOPEZ: Entry("31-0043")})
    assert codes.of("cabinet-martin", LOPEZ, shared=True) == "31-0043"
    assert codes.of("cabinet-martin", MARTIN, shared=True).startswith("C-")
    assert codes.of("cabinet-martin", MARTIN) == "31-0042"


def test_a_practice_cannot_take_the_code_of_another_by_its_name(real, region, state):
    codes = Codes(b"key", {MARTIN: Entry("31-0042")})
    assert codes.of(MARTIN, LOPEZ).startswith("C-")
    put(region, machine(real, id_=MARTIN))
    put(region, machine(real, practice=MARTIN, days=1))
    machines, _, _ = survey(region, state)
    assert len(machines) == 2


def test_without_an_id_two_installations_are_two_machines(real, region, state):
    for days, installed in ((1, "a" * 64), (9, "b" * 64), (10, "b" * 64)):
        host = machine(real).host.model_copy(update={"machine": installed})
        put(region, machine(real, days=days).model_copy(update={"host": host}))
    machines, _, surveyed = survey(region, state)
    assert sorted((NOW - one.head.collected).days for one in machines) == [1, 9]
    assert surveyed.shared == {"cabinet-martin"}


def test_what_nobody_signed_takes_no_name_from_a_practice(real, region, state, signers):
    signers.put(region, machine(real, id_=MARTIN), signers.key(f"practice:{MARTIN}/it"))
    for days, installed in ((1, "a" * 64), (2, "b" * 64)):
        host = machine(real).host.model_copy(update={"machine": installed})
        put(region, machine(real, days=days).model_copy(update={"host": host}))
    _, _, surveyed = survey(region, state, trust=signers.trust)
    assert surveyed.shared == set()


def test_with_an_id_a_machine_that_was_installed_anew_is_one(real, region, state):
    for days, installed in ((1, "a" * 64), (9, "b" * 64)):
        host = machine(real).host.model_copy(update={"machine": installed})
        put(region, machine(real, id_=MARTIN, days=days).model_copy(update={"host": host}))
    machines, reading, surveyed = survey(region, state)
    assert (len(machines), reading.renewed, surveyed.shared) == (1, 1, set())


def test_old_evidence_is_unknown(real, region, state):
    put(region, all_good(machine(real, days=730)))
    ((found,), _, _) = survey(region, state)
    assert found.source is Source.OLD
    assert set(found.verdicts.values()) == {"unknown"}
    ((young,), _, _) = survey(region, state, max_age_days=800)
    assert young.source is Source.AGAIN


def test_a_machine_that_is_declared_and_left_out_is_silent(real, region, state):
    put(region, machine(real, id_=MARTIN, hosts=("serveur",)))
    _, _, surveyed = survey(region, state)
    assert [machines for _, machines in surveyed.silent.values()] == [{"serveur"}]
    put(region, machine(real, host="serveur", id_=MARTIN, days=90))
    machines, _, surveyed = survey(region, state)
    assert surveyed.silent == {}
    assert {one.head.host: one.source for one in machines}["serveur"] is Source.OLD


def test_a_file_that_was_replaced_after_it_was_signed_is_altered(real, region, state, signers):
    mine = signers.key(f"practice:{MARTIN}/it")
    path = signers.put(region, machine(real, id_=MARTIN), mine)
    survey(region, state, trust=signers.trust)
    other = put(region / "elsewhere", all_good(machine(real, id_=MARTIN)))
    other.replace(path)
    ((found,), _, surveyed) = survey(region, state, trust=signers.trust)
    assert not found.signed
    assert reasons(surveyed) == {"accueil": "not signed by anyone known: altered"}


def test_evidence_that_went_back_in_time_is_named_until_newer_comes(real, region, state, signers):
    mine = signers.key(f"practice:{MARTIN}/it")
    signers.put(region, machine(real, id_=MARTIN, days=20), mine)
    newest = signers.put(region, machine(real, id_=MARTIN, days=1), mine)
    _, _, surveyed = survey(region, state, trust=signers.trust)
    assert surveyed.back == []
    newest.unlink()
    for _ in range(2):  # what counts now does not make it forgotten
        ((found,), _, surveyed) = survey(region, state, trust=signers.trust)
        assert (NOW - found.head.collected).days == 20
        (back,) = surveyed.back
        assert "counted before" in back.reason
    signers.put(region, machine(real, id_=MARTIN), mine)
    _, _, surveyed = survey(region, state, trust=signers.trust)
    assert surveyed.back == []


def test_an_unsigned_bundle_that_nobody_asked_about_is_no_past_of_a_signed_one(
    real, region, state, signers
):
    signers.put(region, machine(real, id_=MARTIN, days=1), signers.key(f"practice:{MARTIN}/it"))
    put(region, machine(real, id_=MARTIN))
    survey(region, state)
    _, _, surveyed = survey(region, state, trust=signers.trust)
    assert surveyed.back == []


def test_a_machines_key_invents_no_other_machines(real, region, state, signers):
    desk, person = signers.key(f"machine:{MARTIN}/accueil"), signers.key(f"practice:{MARTIN}/it")
    invented = tuple(f"poste-{number}" for number in range(50))
    signers.put(region, machine(real, id_=MARTIN, hosts=("serveur", *invented)), desk)
    signers.put(region, machine(real, host="medecin", id_=MARTIN, hosts=("serveur",)), person)
    machines, _, surveyed = survey(region, state, trust=signers.trust)
    assert len(machines) == 2
    assert [missing for _, missing in surveyed.silent.values()] == [{"serveur"}]
    assert [missing for _, missing in surveyed.claimed.values()] == [set(invented)]
