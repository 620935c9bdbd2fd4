"""The page about what stood open: what it tells, and that it claims no more than was measured."""

import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from documents import DECLARED, STARTED, document, outcome, practice
from pypdf import PdfReader
from rooms import needs

from socle.report.history import Apply, History, run_of
from socle.report.html import render_html
from socle.report.pdf import render_pdf
from socle.report.story import story
from socle.report.view import page
from socle.report.words import words
from socle.verify.verdicts import Verdict

pytestmark = needs("box", "firewall", "imaging")
LOOK, BOX, CANARY = "external-exposure-attestation", "box-port-mappings", "host-public-reachability"
PORTS, ACCOUNTS = "imaging-listeners", "orthanc-http-auth"
CONTROLS = (LOOK, BOX, CANARY, PORTS, ACCOUNTS, "firewall-default-deny", "lock")
OPEN = {
    "kind": "open",
    "address": "203.0.113.7",
    "port": 8042,
    "images": True,
    "since": "2026-11-10T10:00:00+00:00",
    "seen": "2026-11-20T10:00:00+00:00",
}
MAPPING = {
    "kind": "mapping",
    "protocol": "tcp",
    "external_port": 104,
    "address": "192.168.1.10",
    "port": 11112,
}
RECEIVED = {"kind": "received", "ipv4": 3, "ipv6": 0}
PUBLIC = {"kind": "public", "address": "203.0.113.9"}
ANSWERED = {"kind": "answered", "port": 8042}
QUIET = {"kind": "look", "ports": 27, "since": "2026-11-21T10:00:00+00:00", "proven": True}


def report(broken=None, facts=None, days=0, hosts=("accueil",)):
    """A run so many days ago; ``broken``: control -> verdict, the others are kept."""
    broken, facts, cabinet = broken or {}, facts or {}, practice(hosts, CONTROLS)
    found = [
        outcome(host, one, broken.get(one, Verdict.PASS), facts=tuple(facts.get(one, ())))
        for host in hosts
        for one in CONTROLS
    ]
    made = document(cabinet, found)
    when = STARTED - timedelta(days=days)
    return made | {"finished": when.isoformat().replace("+00:00", "Z")}


def exposed(control, *facts, **words):
    return report({control: Verdict.FAIL}, {control: facts}, **words)


def told(now, *past, language="en", applies=()):
    kept = History(tuple(map(run_of, past)), applies)
    return story(kept, page(now, language, DECLARED))


def plain(text):
    return re.sub("[\u00a0\u202f]", " ", text).replace("\u2019", "'")


def prose(runs):
    return plain("".join(piece for _, piece in runs))


def test_nothing_open_no_page():
    assert told(report()) is None


@pytest.mark.parametrize("control", [LOOK, BOX, CANARY, PORTS])
def test_a_promise_that_is_broken_otherwise_is_no_open_door(control):
    assert told(exposed(control)) is None


@pytest.mark.parametrize(
    ("control", "fact", "lead", "what"),
    [
        (LOOK, OPEN, "From the Internet, an imaging program lets a stranger in.", "Port 8042 of"),
        (
            LOOK,
            {**OPEN, "port": 22, "images": False},
            "The practice has 1 door open to the Internet.",
            "Port 22 of 203.0.113.7, open to the Internet \u2013 SSH",
        ),
        (BOX, MAPPING, "The practice has 1 door open to the Internet.", "port 104/tcp of the"),
        (CANARY, RECEIVED, "Connections from the Internet arrive at the machines.", "accueil"),
        (CANARY, PUBLIC, "The practice has 1 door open to the Internet.", "203.0.113.9"),
        (
            PORTS,
            ANSWERED,
            "On the practice's network, the imaging program answers strangers.",
            "Imaging port 8042 of accueil",
        ),
    ],
    ids=["images", "port", "mapping", "canary", "bridge", "imaging-port"],
)
def test_every_open_door_has_its_line(control, fact, lead, what):
    found = told(exposed(control, fact))
    assert plain(found.lead) == lead
    [line] = found.found
    assert line.verdict == "fail"
    assert what in plain(line.text)


def test_an_orthanc_without_accounts_is_one():
    [line] = told(report({ACCOUNTS: Verdict.WAIVED})).found
    assert "Orthanc, on accueil, open without an account" in line.text


def test_what_several_machines_see_of_the_box_is_one_door():
    found = told(exposed(BOX, MAPPING, hosts=("accueil", "medecin")))
    assert len(found.found) == 1


def test_a_waiver_closes_no_port():
    found = told(report({BOX: Verdict.WAIVED}, {BOX: [MAPPING]}))
    assert found.open


def test_since_when_as_far_as_known():
    [line] = told(exposed(LOOK, OPEN)).found
    assert plain(line.when) == "at least since 10 November 2026"
    [line] = told(exposed(BOX, MAPPING)).found
    assert plain(line.when) == "seen on 30 November 2026; nobody looked before"
    earlier = [report(days=9), exposed(BOX, MAPPING, days=7), exposed(BOX, MAPPING, days=3)]
    [line] = told(exposed(BOX, MAPPING), *earlier).found
    assert plain(line.when) == "at least since 23 November 2026; not yet on 21 November 2026"


def test_what_happened_on_one_day_is_told_with_the_clock():
    [line] = told(exposed(BOX, MAPPING), report(days=0.01)).found
    said = plain(line.when)
    assert re.fullmatch(r"seen on (.+) at [\d:]+; not yet on \1 at [\d:]+", said)


def test_a_door_that_was_closed_stays_on_the_page_for_a_while():
    found = told(report(), exposed(BOX, MAPPING, days=3), report(days=2))
    assert (found.open, found.found[0].verdict) == (False, "pass")
    assert "not found any more on 28 November 2026" in plain(found.found[0].when)
    assert plain(found.lead) == "What was open was not found any more."
    assert told(report(), exposed(BOX, MAPPING, days=91)) is None


def test_a_port_that_nobody_looked_at_again_is_still_open_after_months():
    long_ago = {**OPEN, "since": "2026-05-01T10:00:00+00:00", "seen": "2026-05-02T10:00:00+00:00"}
    assert told(exposed(LOOK, long_ago)).open


def test_who_did_not_look_closed_nothing():
    blind = report({BOX: Verdict.UNKNOWN})
    found = told(blind, exposed(BOX, MAPPING, days=3))
    assert found.open
    assert plain(found.found[0].when).startswith("seen on 27 November 2026")


def test_a_promise_that_was_broken_otherwise_is_no_look_at_the_door():
    [line] = told(exposed(BOX, MAPPING), report({BOX: Verdict.FAIL}, days=9)).found
    assert plain(line.when) == "seen on 30 November 2026; nobody looked before"
    found = told(report({BOX: Verdict.FAIL}), exposed(BOX, MAPPING, days=9))
    assert found.open


def test_what_socle_closed_and_what_a_person_did_at_the_box():
    before = report({ACCOUNTS: Verdict.FAIL, BOX: Verdict.FAIL}, {BOX: [MAPPING]}, days=3)
    apply = Apply(STARTED - timedelta(days=2), {"accueil": 5}, ())
    closed = {line.text.split(" \u00b7 ")[0]: plain(line.when) for line in
              told(report(), before, applies=(apply,)).closed}  # fmt: skip
    assert "configuration that Socle applied on 28" in closed[f"Promise {ACCOUNTS}"]
    assert closed[f"Promise {BOX}"] == "broken on 27 November 2026, kept on 30 November 2026"
    assert closed["Promise firewall-default-deny"] == "kept in this run"
    assert "Promise lock" not in closed


def test_what_is_left_names_the_box_s_setting_the_guide_and_the_next_look():
    both = report(
        {LOOK: Verdict.FAIL, BOX: Verdict.FAIL}, {LOOK: [OPEN], BOX: [MAPPING]}, hosts=("accueil",)
    )
    left = [prose(item) for item in told(both, language="fr").todo]
    assert "redirections (NAT/PAT) et de la DMZ : fermer les ports 104, 8042." in left[0]
    assert "désactiver UPnP" in left[1]
    assert "Livebox, Freebox, Bbox et SFR Box : le guide docs/fr/box.md." in left[2]
    assert left[3].endswith("socle exposure attest inventories/demo.")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_law_is_told_with_its_nuance_and_no_conformity_is_claimed(language):
    found = told(exposed(BOX, MAPPING), language=language)
    law = " ".join(map(prose, found.law))
    for word in ("72", "33", "34", "Conseil d'État", "449694", "2022"):
        assert word in law
    assert "socle incident inventories/demo --known DATE" in prose(found.incident)
    page_text = unescape(render_html(exposed(BOX, MAPPING), language, declared=DECLARED))
    assert words(language)["story_disclaimer"] in page_text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_is_one_page_even_when_everything_is_open(language):
    ports = [{**OPEN, "port": port} for port in (22, 80, 104, 443, 4242, 8042, 11112)]
    facts = {LOOK: ports, BOX: [MAPPING], CANARY: [RECEIVED, PUBLIC], PORTS: [ANSWERED]}
    broken = dict.fromkeys((*facts, ACCOUNTS), Verdict.FAIL)
    hosts = tuple(f"machine-au-nom-long-{i}" for i in range(12))
    pdf = PdfReader(
        BytesIO(render_pdf(report(broken, facts, hosts=hosts), language, declared=DECLARED))
    )
    pages = [plain(" ".join(one.extract_text().split())) for one in pdf.pages]
    assert pages[1].startswith(plain(words(language)["story"]))
    assert plain(words(language)["story_disclaimer"]) in pages[1]


def test_the_page_names_no_more_than_it_can_hold_and_says_so():
    ports = [{**OPEN, "port": port} for port in range(20, 40)]
    found = told(exposed(LOOK, *ports))
    assert len(found.found) == 6
    assert plain(found.more) == "and 14 more, detailed further on"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_quiet_line_has_a_sentence_instead(language):
    made = report(facts={LOOK: [QUIET]})
    text = plain(unescape(render_html(made, language, declared=DECLARED)))
    assert 'id="story"' not in text
    assert {"fr": "27 ports TCP essayés", "en": "27 TCP ports tried"}[language] in text


def test_no_sentence_where_it_is_not_known():
    made = report({LOOK: Verdict.UNKNOWN})
    assert "from another line" not in render_html(made, "en", declared=DECLARED)


def test_a_fact_of_another_promise_opens_nothing():
    assert told(exposed("lock", MAPPING)) is None


def test_an_older_run_without_facts_is_read():
    old = report(days=1)
    for entry in old["hosts"][0]["verdicts"]:
        entry.pop("facts")
    assert told(report(), old) is None
