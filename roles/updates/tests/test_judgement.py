"""What the checks conclude from recorded answers of Debian 12 and 13, and from changed ones."""

from __future__ import annotations

import copy
import json
import shutil
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from roles.updates import apt_settings, facts, jobs, repositories
from socle.baseline import load
from socle.baseline.windows import Window
from socle.verify.settings import Settings

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests/unit/data/apt"
REAL = {path.stem: json.loads(path.read_text()) for path in DATA.glob("*.json")}
NOW = int(datetime.fromisoformat("2026-11-30T11:00:00+00:00").timestamp())
RELEASES = ("bookworm", "trixie")


@pytest.fixture(scope="module")
def settings():
    """Those of a workstation of the demo practice."""
    return Settings(load(ROOT / "inventories/demo").hosts["medecin"])


def machine(release="trixie", *config, **more):
    """A recorded machine, with more lines of apt's configuration."""
    found = copy.deepcopy(REAL[release])
    found["apt"]["config"] += config
    name = release.partition("-")[0]
    return found | {
        "release": {"system": {"VERSION_CODENAME": name}, "row": {}},
        "now": NOW,
        "fetched": NOW,
        "last_install": NOW,
        "keys": {"wide": [], "changed": [], "owners": {
            f"/usr/share/keyrings/debian-archive-keyring.{end}": "debian-archive-keyring"
            for end in ("gpg", "pgp")}},
    } | more  # fmt: skip


@pytest.mark.parametrize("release", RELEASES)
def test_a_hardened_machine_shows_nothing_strange(settings, release):
    found = machine(release)
    own = settings.updates_distribution_origins
    assert apt_settings.strange_settings(found, settings) == []
    assert apt_settings.untried_hooks(found) == []
    assert apt_settings.looks_elsewhere(found) == []
    assert repositories.outranked(found, own) == []
    assert repositories.undeclared_sources(found, own, []) == []
    assert len(repositories.security_sources(found)) == 1
    for name in REAL[release]["units"]["show"].split("Id=")[1:]:
        unit = name.split()[0]
        calendar = ("OnCalendar", "TZ=")  # recorded with another machine's minute, and zone
        odd = jobs.oddities(jobs.merged(found, unit), unit, settings)
        assert [str(one) for one in odd if not any(word in str(one) for word in calendar)] == []


@pytest.mark.parametrize(
    "line",
    [
        'Unattended-Upgrade::Package-Blacklist:: ".*";',
        'Unattended-Upgrade::Package-Whitelist:: "nothing";',
        'Unattended-Upgrade::Package-Whitelist-Strict "true";',
        'Unattended-Upgrade::Update-Days:: "Never";',
        'Unattended-Upgrade::Only-A-New-Word "1";',
        'UNATTENDED-UPGRADE::update-days:: "Never";',
        'Binary::unattended-upgrade::Unattended-Upgrade::Update-Days:: "Never";',
    ],
)
def test_a_setting_that_may_keep_updates_away_is_seen(settings, line):
    assert apt_settings.strange_settings(machine("trixie", line), settings)


def test_mail_keeps_nothing_away(settings):
    found = machine("trixie", 'Unattended-Upgrade::Mail "root";')
    found["apt"]["config"] = [line.replace('OnlyOnACPower "true"', 'OnlyOnACPower "false"')
                              for line in found["apt"]["config"]]  # fmt: skip
    assert apt_settings.strange_settings(found, settings) == []


def ranked(**priorities):
    """The recorded priorities of Debian 13, some changed, and a vendor's."""
    lines = REAL["trixie"]["policy"].splitlines()
    for suite, priority in priorities.items():
        lines = [
            f" {priority} {line.split(maxsplit=1)[1]}" if f" {suite.replace('_', '-')}/" in line
            and "release" not in line else line for line in lines
        ]  # fmt: skip
    vendor = " 1000 http://packages.example.com s/main amd64 Packages\n     release o=V,a=s,n=s,l=V"
    return "\n".join(lines).replace("Pinned packages:", f"{vendor}\nPinned packages:")


@pytest.mark.parametrize(
    ("priorities", "passed_over"),
    [
        ({}, 0),
        ({"trixie": 990, "trixie_updates": 990, "trixie_security": 990}, 0),
        ({"trixie": 990}, 1),  # APT::Default-Release "trixie"
        ({"trixie_security": -1}, 1),
        ({"trixie_security": 990}, 0),
    ],
)
def test_security_updates_come_first_or_last_are_seen(settings, priorities, passed_over):
    found = machine(policy=ranked(**priorities))
    own = settings.updates_distribution_origins
    assert len(repositories.outranked(found, own)) == passed_over


@pytest.mark.parametrize("other", [("b=amd64", "b=i386"), ("c=main", "c=contrib")])
def test_a_security_archive_of_other_packages_is_none(settings, other):
    found = machine(policy=REAL["trixie"]["policy"].replace(*other))
    assert repositories.outranked(found, settings.updates_distribution_origins)


HOOK = {"key": "DPkg::Pre-Invoke", "command": "false", "written": NOW - 10}


@pytest.mark.parametrize(
    ("hook", "happened", "tried"),
    [
        ({}, {"last_install": NOW}, True),
        ({}, {"last_install": NOW - 20}, False),
        ({}, {"last_install": None}, False),
        ({"written": None}, {"last_install": NOW}, False),
        ({"command": "test -x /opt/x && /opt/x || true"}, {"last_install": None}, True),
        ({"key": "APT::Update::Post-Invoke"}, {"last_install": None}, True),
        ({"key": "APT::Update::Post-Invoke"}, {"fetched": NOW - 20}, False),
    ],
)
def test_a_command_is_proved_by_what_has_worked_since(hook, happened, tried):
    found = machine(**happened)
    found["apt"]["hooks"] = [HOOK | hook]
    assert bool(apt_settings.untried_hooks(found)) is not tried


@pytest.mark.parametrize(
    "line",
    [
        'Binary::apt-get::Dir::Etc::SourceParts "/srv";',
        'Dir::Bin::methods "/srv/methods";',
        'APT::Key::gpgvcommand "/bin/true";',
    ],
)
def test_apt_led_elsewhere_is_seen(line):
    assert apt_settings.looks_elsewhere(machine("trixie", line))


def test_a_program_in_front_of_apts_own_is_seen():
    at = {"apt-get": "/usr/bin/apt-get", "unattended-upgrade": "/usr/local/bin/unattended-upgrade"}
    found = machine(found_at=at)
    found["keys"]["changed"] = ["/usr/lib/apt/apt.systemd.daily", "/usr/share/doc/apt/x.md"]
    assert apt_settings.replaced_programs(found) == [
        "/usr/lib/apt/apt.systemd.daily", "/usr/local/bin/unattended-upgrade"
    ]  # fmt: skip


def test_the_security_archive_counts_as_apt_reads_its_sources_now():
    found = machine()
    found["apt"]["targets"] = "\n".join(
        line for line in found["apt"]["targets"].splitlines() if "security" not in line
    )
    assert repositories.security_sources(found) == []


def test_debians_cloud_image_uses_debians_own_sources(settings):
    found = machine("trixie-spellings")
    del found["apt"]["sources"]["/etc/apt/sources.list.d/x.list"]
    assert repositories.undeclared_sources(found, settings.updates_distribution_origins, []) == []


@pytest.mark.parametrize(
    ("option", "unsafe"),
    [("trusted=yes", 1), ("trusted=1", 1), ("trusted=no", 0), ("trusted=false", 0),
     ("check-valid-until=no", 1), ("check-date=0", 1), ("allow-insecure=maybe", 1)],
)  # fmt: skip
def test_options_of_a_source_mean_what_apt_says(option, unsafe):
    found = machine()
    found["apt"]["sources"] = {"x.list": f"deb [{option}] http://a s main"}
    assert len(repositories.unsafe_sources(found)) == unsafe


@trials(database=None, derandomize=True, deadline=None)
@given(text=st.text(), where=st.sampled_from(["targets", "architecture", "x.list", "x.sources"]))
def test_no_text_of_apts_makes_the_judgement_stumble(text, where):
    found = machine(policy=text)
    place = found["apt"] if where in found["apt"] else found["apt"]["sources"]
    place[where] = text
    assert repositories.outranked(found, ["origin=Debian"])
    assert isinstance(repositories.undeclared_sources(found, [], []), list)
    assert isinstance(repositories.unsafe_sources(found), list)
    assert isinstance(repositories.security_sources(found), list)


@trials(database=None, derandomize=True, deadline=None)
@given(st.lists(st.text()))
def test_no_line_of_apts_configuration_hides_a_setting(settings, lines):
    found = machine("trixie", *lines, 'Unattended-Upgrade::Update-Days:: "Never";', *lines)
    said = apt_settings.strange_settings(found, settings)
    assert any("Update-Days".lower() in str(one) for one in said)


@pytest.mark.parametrize("said", ["", "[]", "{}", "null", "not JSON"])
def test_an_answer_that_is_none_is_unknown(said):
    host = SimpleNamespace(run=lambda *_, **__: SimpleNamespace(rc=0, stdout=said, stderr=""))
    with pytest.raises(Exception, match="cannot be read"):
        facts.ask(host)


@pytest.mark.parametrize("key", ["/var/lib/extrepo/keys/docker-ce.asc", "AB" * 20, "AB" * 20 + "!"])
def test_keys_of_extrepo_and_fingerprints_can_be_declared(tmp_path, key):
    folder = tmp_path / "demo"
    shutil.copytree(ROOT / "inventories/demo", folder)
    (folder / "host_vars/medecin.yml").write_text(
        f"---\nupdates_third_parties:\n  - name: docker\n    signed_by: {key}\n"
        '    origins: ["origin=Docker,label=Docker CE"]\n    purpose: "Conteneurs"\n'
    )
    declared = load(folder, root=ROOT).hosts["medecin"].settings["updates_repositories"]
    found = machine()
    found["apt"]["sources"] = {"x.list": f"deb [signed-by={key}] http://a s main"}
    found["apt"]["targets"] = "http://a/|s|Docker|Docker CE|s|s"
    assert repositories.undeclared_sources(found, [], declared) == []
    found["apt"]["sources"] = {"x.list": "deb [signed-by=/other.asc] http://a s main"}
    assert repositories.undeclared_sources(found, [], declared)


TEAM = "Debian Kernel Team <debian-kernel@lists.debian.org>"


@pytest.mark.parametrize(
    ("package", "made", "named"),
    [
        ("linux-image-6.1.0-9-amd64", ["linux-signed-amd64", TEAM], False),
        ("linux-headers-6.12.48+deb13-amd64", ["linux", TEAM], False),
        ("linux-image-9-telemaintenance", ["linux-image-9-telemaintenance", "a <a@b>"], True),
        ("linux-image-9.9-telemaintenance", ["linux", "a <a@b>"], True),
        ("dictee", None, True),
    ],
)
def test_an_old_kernel_is_one_of_the_kernel_team(package, made, named):
    found = {"obsolete": [package], "kernel_packages": {package: made} if made else {}}
    assert bool(repositories.without_repository(found, ())) is named


@pytest.mark.parametrize(
    ("unit", "days", "named"),
    [
        ("cups.service", 0, True),
        ("session-3.scope", 1, False),
        ("session-3.scope", 9, True),
        ("gdm.service", 1, False),
        ("gdm.service", 9, True),
        ("a session", 1, False),
    ],
)
def test_services_run_new_code_at_once_and_sessions_within_days(unit, days, named):
    one = {"name": "x", "unit": unit, "file": "/usr/lib/libz.so.1", "since": NOW - days * facts.DAY}
    found = {"now": NOW, "outdated": [one], "restarter": {"kept": ["gdm.service"]}}
    assert bool(facts.still_outdated(found, 7)) is named


LUNCH = Window(days="mon-fri", start="12:30", end="13:45")


def timer(*moments):
    return {"next": moments[0], "fires": list(moments), "since_something": [], "delay": 0}


@pytest.mark.parametrize(
    ("moment", "zone", "inside"),
    [
        ("2026-11-30T11:45:00+00:00", "Europe/Paris", True),
        ("2026-11-30T12:45:00+00:00", "Europe/Paris", False),  # the machine's own time, UTC
        ("2026-07-01T10:45:00+00:00", "Europe/Paris", True),  # summer
        ("2026-11-30T08:45:00+00:00", "Indian/Reunion", True),
    ],
)
def test_windows_are_in_the_practices_time(moment, zone, inside):
    assert bool(jobs.strays(timer(moment), [LUNCH], zone)) is not inside


def test_a_timer_fires_as_often_as_there_are_windows():
    assert jobs.planned_pause([LUNCH]) == 3
    assert jobs.planned_pause([Window(days="sat", start="12:30", end="13:45")]) == 7
    yearly = timer("2027-08-15T11:00:00+00:00", "2028-08-15T11:00:00+00:00")
    assert jobs.longest_pause(yearly, NOW) > 365
    assert jobs.longest_pause(timer("2026-12-01T11:00:00+00:00"), NOW) == 1
    assert jobs.longest_pause({"fires": []}, NOW) == float("inf")


def test_a_unit_that_systemd_does_not_tell_of_is_unknown():
    for answer in ({"show": ""}, {"show": "", "files": {}}):
        with pytest.raises(Exception, match="does not tell"):
            jobs.merged({"units": answer}, "apt-daily.service")


@pytest.mark.parametrize(
    ("today", "words"),
    [("2026-06-01", "regular support until 2026-06-10, then LTS"), ("2026-11-30", "LTS alone")],
)
def test_regular_support_and_lts_are_told_apart(today, words):
    row = {"eol": "2026-06-10", "eol-lts": "2028-06-30"}
    found = {"release": {"row": row}}
    ends, kind = facts.support_ends(found, date.fromisoformat(today))
    assert (str(ends), words in str(kind)) == ("2028-06-30", True)


def test_a_calendar_without_dates_is_no_calendar():
    with pytest.raises(ValueError, match="isoformat"):
        facts.support_ends({"release": {"row": {"eol": "soon"}}}, date(2026, 1, 1))


def test_a_drop_in_that_cannot_be_read_is_unknown():
    found = machine()
    path = "/etc/systemd/system/apt-daily.service.d/socle.conf"
    found["units"]["files"][path] = None
    with pytest.raises(Exception, match="cannot be read"):
        jobs.merged(found, "apt-daily.service")


@pytest.mark.parametrize(
    "text",
    [
        "[Service]\nExecStart=\nExecStart=/bin/true\n",
        "[Unit]\nConditionPathExists=/nonexistent\n",
        "[Service]\nRootDirectory=/srv\n",
        "[Service]\nEnvironment=APT_CONFIG=/srv/apt.conf\n",
    ],
)
def test_a_drop_in_of_somebody_else_is_seen(settings, text):
    found, name = machine(), "apt-daily-upgrade.service"
    own, other = f"/etc/systemd/system/{name}.d/socle.conf", f"/etc/systemd/system/{name}.d/zz.conf"
    found["units"]["show"] = found["units"]["show"].replace(own, f"{own} {other}")
    found["units"]["files"][other] = text
    odd = jobs.oddities(jobs.merged(found, name), name, settings)
    assert [str(one) for one in odd if "zz.conf" in str(one)]


def test_a_unit_with_our_drop_in_emptied_is_seen(settings):
    found, name = machine(), "apt-daily-upgrade.service"
    found["units"]["files"][f"/etc/systemd/system/{name}.d/socle.conf"] = ""
    odd = jobs.oddities(jobs.merged(found, name), name, settings)
    assert any("pending.py --record is missing" in str(one) for one in odd)
