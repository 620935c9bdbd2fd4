"""The guard's script, killed before each of its commands: every state leads back to a sane one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from socle.apply.guard import SCRIPT

SYSTEMCTL = """#!/bin/sh
state=$(dirname "$0")/state units=$(dirname "$0")/units
all=$*
while [ "${1#--}" != "$1" ]; do shift; done
for word; do :; done
case $1 in
show)
    set_to=$(sed -n 's/^OnActiveSec=//p' "$units/socle-guard.timer")
    echo Unit=socle-guard.service
    echo RandomizedDelayUSec=0
    echo "TimersMonotonic={ OnActiveUSec=$set_to ; next_elapse=0 }"
    exit ;;
enable | restart | start) [ -e "$units/$word" ] || exit 5 ;;
esac
case "$1 $word" in
"restart socle-guard.timer") touch "$state/ticking" ;;
"disable socle-guard.timer") rm -f "$state/ticking" ;;
"is-active socle-guard.timer") test -e "$state/ticking" ;;
"start socle-guard.service") sh "$(dirname "$0")/guard-restore" ;;
esac
"""
ANALYZE = """#!/bin/sh
echo "   Human: $2"
"""
NFT = """#!/bin/sh
case "$*" in
"list table inet socle") echo "table inet socle { }" ;;
"list tables") ;;
list*) exit 1 ;;
esac
"""
KILLED_AT = "set -T; n=0; trap 'n=$((n + 1)); [ \"$n\" -ne {step} ] || kill -9 0' DEBUG\n"


class Host:
    """A folder in place of a host: its systemctl and nft only remember."""

    path = "/usr/bin:/bin:/usr/sbin:/sbin"

    def __init__(self, folder: Path) -> None:
        self.folder, self.guard, self.file = folder, folder / "guard", folder / "sshd.conf"
        for name in ("state", "units", "run"):
            (folder / name).mkdir()
        for name, text in (
            ("systemctl", SYSTEMCTL), ("systemd-analyze", ANALYZE), ("nft", NFT),
            ("logger", "#!/bin/sh\n"),
        ):  # fmt: skip
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        self.file.write_text("before")

    def run(self, command: str, step: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command behind the script; with ``step``, killed before that one of its steps."""
        text = SCRIPT + ((KILLED_AT.format(step=step) if step else "") + command)
        return subprocess.run(
            ["bash", "-c", self.here(text)], text=True, capture_output=True, check=False,
            start_new_session=True,
            env={"PATH": f"{self.folder}:{self.path}"},
        )  # fmt: skip

    def here(self, text: str) -> str:
        for path, name in (
            ("/var/lib/socle/guard", "guard"),
            ("/etc/systemd/system", "units"),
            ("/run/socle", "run"),
        ):
            text = text.replace(path, str(self.folder / name))
        return text

    def mended(self) -> str:
        """Mend, and how the host then is: "armed" or "free". Anything else is an error."""
        done = self.run("guard_mend now.1.1")
        assert done.returncode == 0, done.stderr
        left = {path.name for path in self.folder.glob("guard*")}
        units = {path.name for path in (self.folder / "units").iterdir()}
        ticking = (self.folder / "state/ticking").exists()
        if not left:
            assert (units, ticking) == (set(), False)
            return "free"
        assert left == {"guard", "guard-restore"}
        assert units >= {"socle-guard.service", "socle-guard.timer"}
        assert ticking
        assert (self.guard / "run").read_text() == "now.1.1\n"
        return "armed"


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


ARM = "guard_arm then.1.1 60 'inet socle' {file}\n"


def killed_everywhere(tmp_path, before: str, command: str):
    """A host for each command that the kill can come before, until there is none left."""
    for step in range(1, 400):
        folder = tmp_path / str(step)
        folder.mkdir()
        host = Host(folder)
        if before:
            assert host.run(before.format(file=host.file)).returncode == 0
        done = host.run(command.format(file=host.file), step)
        yield host, done.returncode
        if done.returncode == 0:
            assert step > 10
            return
    pytest.fail("the command never ended")


def test_killed_while_it_arms_and_changes(tmp_path):
    seen = set()
    for host, code in killed_everywhere(tmp_path, "", ARM + "echo after >{file}"):
        state = host.mended()
        seen.add(state)
        if state == "free":  # then nothing was changed
            assert host.file.read_text() == "before"
        else:
            assert host.run("guard_back").returncode == 0
            assert host.file.read_text() == "before"
            assert host.mended() == "free"
        assert code in (0, -9)
    assert seen == {"armed", "free"}


def test_killed_while_it_is_confirmed(tmp_path):
    before = ARM + "echo after >{file}"
    for host, _ in killed_everywhere(tmp_path, before, "guard_disarm then.1.1 ''"):
        host.mended()
        assert host.file.read_text() == "after\n"
        assert host.run("guard_disarm now.1.1 ''").returncode in (0, 3)


def test_killed_while_it_goes_back(tmp_path):
    before = ARM + "echo after >{file}"
    for host, _ in killed_everywhere(
        tmp_path, before, 'set +eu; . "$(dirname {file})/guard-restore"'
    ):
        state = host.mended()
        if state == "armed":  # the kill came before it had begun
            assert host.run("guard_back").returncode == 0
        assert host.file.read_text() == "before"
        assert host.mended() == "free"


@pytest.mark.parametrize(
    "damage",
    [
        "rm -f state/ticking",
        "rm -f units/socle-guard.timer state/ticking",
        "rm -f units/socle-guard.* state/ticking guard-restore",
        "rm -f guard/run guard/seconds",
        "mkdir guard.new && touch guard.new/half",
        "mkdir guard.done",
    ],
)
def test_a_lost_piece_is_put_back(host, damage):
    host.run((ARM + "echo after >{file}").format(file=host.file))
    subprocess.run(damage, shell=True, cwd=host.folder, check=True)
    assert host.mended() == "armed"
    assert host.run("guard_back").returncode == 0
    assert host.file.read_text() == "before"


@pytest.mark.parametrize("left", ["mkdir guard.done", "mkdir guard.new", "touch guard-restore",
                                  "touch units/socle-guard.timer state/ticking"])  # fmt: skip
def test_what_is_left_without_a_copy_goes(host, left):
    subprocess.run(left, shell=True, cwd=host.folder, check=True)
    assert host.mended() == "free"


def test_a_restoration_whose_units_were_lost_is_finished(host):
    host.run((ARM + "echo after >{file}").format(file=host.file))
    host.guard.rename(host.folder / "guard.restoring")
    lost = "rm -f units/* state/ticking guard-restore"
    subprocess.run(lost, shell=True, cwd=host.folder, check=True)
    assert host.mended() == "free"
    assert host.file.read_text() == "before"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('sh "$(dirname "$0")/guard-restore"', ": a condition that is not met"),
        ("OnActiveUSec=", "OnActiveUSec=1000"),
        ("RandomizedDelayUSec=0", "RandomizedDelayUSec=1w"),
        ("Unit=socle-guard.service", "Unit=true.service"),
    ],
)
def test_no_change_begins_while_a_drop_in_keeps_the_host_from_going_back(host, before, after):
    assert before in SYSTEMCTL
    (host.folder / "systemctl").write_text(SYSTEMCTL.replace(before, after))
    done = host.run((ARM + "echo after >{file}").format(file=host.file))
    assert done.returncode == 1
    assert "would undo the change" in done.stderr
    assert host.file.read_text() == "before"


def test_a_host_without_nftables_has_a_way_back_too(host):
    (host.folder / "nft").unlink()
    host.path = "/usr/bin:/bin"  # where Debian has no nft
    done = host.run((ARM + "echo after >{file}").format(file=host.file))
    assert done.returncode == 0, done.stderr
    assert host.run("guard_back").returncode == 0
    assert host.file.read_text() == "before"


def test_who_takes_over_has_the_time_of_a_run_and_its_own_change_as_little_as_any(host):
    host.run(ARM.format(file=host.file))
    assert host.mended() == "armed"
    timer = host.folder / "units/socle-guard.timer"
    assert "OnActiveSec=900s" in timer.read_text()
    host.run(ARM.replace("then", "now").format(file=host.file))
    assert "OnActiveSec=60s" in timer.read_text()


def test_what_others_enable_meanwhile_stays_enabled(host):
    wants, ours = host.folder / "units/multi-user.target.wants", host.folder / "units/ours.service"
    assert host.run(f"guard_arm now.1.1 60 '' {ours}").returncode == 0
    ours.write_text("[Service]\n")
    wants.mkdir()
    (wants / "ours.service").symlink_to(ours)
    (wants / "theirs.service").symlink_to("/usr/lib/systemd/system/theirs.service")
    assert host.run("guard_back").returncode == 0
    assert [link.name for link in wants.iterdir()] == ["theirs.service"]
    assert not ours.exists()


def test_no_change_begins_without_its_timer(host):
    (host.folder / "systemctl").write_text(SYSTEMCTL.replace('touch "$state/ticking"', ":"))
    done = host.run((ARM + "echo after >{file}").format(file=host.file))
    assert done.returncode == 1
    assert "cannot start the timer" in done.stderr
    assert host.file.read_text() == "before"


def test_a_further_change_adds_what_the_copy_lacks(host):
    other = host.folder / "rules"
    other.write_text("rules before")
    host.run((ARM + "echo after >{file}").format(file=host.file))
    host.run(f"guard_arm now.1.1 60 '' {host.file} {other}; echo after >{other}")
    host.run("guard_back")
    assert (host.file.read_text(), other.read_text()) == ("before", "rules before")


def test_a_lost_answer_is_no_return(host):
    """The first confirmation counted, its answer was lost: the second one hears so."""
    host.run(ARM.format(file=host.file))
    assert host.run("guard_disarm then.1.1 ''").returncode == 0
    assert host.run("guard_disarm then.1.1 ''").returncode == 0
    gone = host.run("guard_disarm other.1.1 ''")
    assert (gone.returncode, "already gone back" in gone.stderr) == (3, True)


def test_a_run_whose_change_was_put_back_begins_no_other(host):
    """A suspended computer: the file was put back, and the next step would have used it."""
    host.run((ARM + "echo after >{file}").format(file=host.file))
    assert host.run("guard_back").returncode == 0
    again = host.run((ARM + "echo after >{file}").format(file=host.file))
    assert (again.returncode, "already gone back" in again.stderr) == (3, True)
    assert host.run("guard_disarm then.1.1 ''").returncode == 3
    assert host.file.read_text() == "before"
    assert host.run(ARM.replace("then", "next").format(file=host.file)).returncode == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('touch "$state/ticking"', 'mv "$units/../guard" "$units/../guard.restoring"'),
        ("show)\n", "show)\n    case $all in *Active*) echo activating; exit; esac\n"),
    ],
)
def test_no_change_begins_in_the_moment_in_which_the_host_goes_back(host, before, after):
    assert before in SYSTEMCTL
    host.run(ARM.format(file=host.file))
    (host.folder / "systemctl").write_text(SYSTEMCTL.replace(before, after))
    done = host.run((ARM + "echo after >{file}").format(file=host.file))
    assert done.returncode == 3, done.stderr
    assert host.file.read_text() == "before"


def test_nobody_confirms_the_change_of_another_run(host):
    host.run(ARM.format(file=host.file))
    done = host.run("guard_disarm other.1.1 ''")
    assert (done.returncode, "another run" in done.stderr) == (4, True)
    assert host.guard.exists()
