"""The guard's script, killed before each of its commands: every state leads back to a sane one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
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
"-f -") test ! -e "$(dirname "$0")/state/refuses" ;;
"list table inet socle") echo "table inet socle { }" ;;
"list tables") ;;
list*) exit 1 ;;
esac
"""
LOGGER = """#!/bin/sh
echo "$3" >>"$(dirname "$0")/state/journal"
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
            ("logger", LOGGER),
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


@contextmanager
def mount_on_the_file(host: Host) -> Iterator[None]:
    subprocess.run(["mount", "--bind", host.file, host.file], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", host.file], check=True)


@contextmanager
def folder_in_the_place_of_the_file(host: Host) -> Iterator[None]:
    host.file.unlink()
    (host.file / "somebody's").mkdir(parents=True)
    yield
    shutil.rmtree(host.file)


@contextmanager
def table_that_nft_refuses(host: Host) -> Iterator[None]:
    refuses = host.folder / "state/refuses"
    refuses.touch()
    yield
    refuses.unlink()


IN_THE_WAY = [
    pytest.param(
        mount_on_the_file, "{file}",
        marks=pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root"),
    ),
    (folder_in_the_place_of_the_file, "{file}"),
    (table_that_nft_refuses, "table inet socle"),
]  # fmt: skip


@pytest.mark.parametrize(("in_the_way", "named"), IN_THE_WAY)
def test_what_cannot_be_put_back_is_named_and_tried_again(host, in_the_way, named):
    named, rules, new = named.format(file=host.file), host.folder / "rules", host.folder / "new"
    rules.write_text("before")
    arm = f"guard_arm then.1.1 60 'inet socle' {host.file} {rules} {new}\n"
    host.run(arm + f"for each in {host.file} {rules} {new}; do echo after >$each; done")
    journal = host.folder / "state/journal"
    with in_the_way(host):
        (host.folder / "state/ticking").unlink()  # its time is over
        timer_ends = host.run("systemctl start socle-guard.service")
        assert timer_ends.returncode == 1
        assert (rules.read_text(), new.exists()) == ("before", False)  # the rest is back
        for command in ("guard_mend now.1.1", "guard_disarm then.1.1 ''", arm):
            (host.folder / "state/ticking").unlink()
            refused = host.run(command)
            assert refused.returncode in (1, 3)
            assert f"the host cannot put back {named}: " in refused.stderr
            assert "OnActiveSec=300s" in (host.folder / "units/socle-guard.timer").read_text()
            assert (host.folder / "state/ticking").exists()
        said = journal.read_text().splitlines()
        assert len(said) == 4  # once for each attempt
        assert all(f"could not put back {named};" in line for line in said)
        assert not (host.folder / "undone").exists()
    assert host.mended() == "free"
    assert host.file.read_text() == "before"
    assert journal.read_text().splitlines()[4:] == [
        "unconfirmed change undone: the previous state is back"
    ]
    assert (host.folder / "undone").read_text() == "then.1.1\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_file_that_was_never_changed_need_not_be_written(host):
    link = host.folder / "link"
    link.symlink_to("elsewhere")
    with mount_on_the_file(host):
        host.run(f"guard_arm then.1.1 60 '' {host.file} {link}")
        assert host.run("systemctl start socle-guard.service").returncode == 0
    assert "the previous state is back" in (host.folder / "state/journal").read_text()
    assert link.readlink() == Path("elsewhere")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_rules_go_back_where_the_disk_cannot_be_written_to(host):
    host.run((ARM + "echo after >{file}").format(file=host.file))
    script = (host.folder / "guard-restore").read_text()
    for command in ("mount --bind . .", "mount -o remount,bind,ro ."):
        subprocess.run(command.replace(".", str(host.folder)), shell=True, check=True)
    done = subprocess.run(
        ["sh"], input=script.replace("nft -f -", "tee /dev/stderr"), text=True,
        capture_output=True, check=False, env={"PATH": f"{host.folder}:{host.path}"},
    )  # fmt: skip
    subprocess.run(["umount", host.folder], check=True)
    assert done.returncode == 1
    assert "delete table inet socle" in done.stderr
    assert host.run("guard_back").returncode == 0  # once it can be
    assert host.file.read_text() == "before"
    assert host.mended() == "free"


def test_a_full_disk_leaves_the_units_that_are_there(host):
    """What cannot be written whole is not written: the script that is there undoes the change."""
    host.run((ARM + "echo after >{file}").format(file=host.file))
    host.guard.rename(host.folder / "guard.restoring")
    done = host.run("cat() { command cat | head -c 9; return 1; }; guard_mend now.1.1")
    assert done.returncode == 0, done.stderr
    assert host.mended() == "free"
    assert host.file.read_text() == "before"


def test_nobody_confirms_the_change_of_another_run(host):
    host.run(ARM.format(file=host.file))
    done = host.run("guard_disarm other.1.1 ''")
    assert (done.returncode, "another run" in done.stderr) == (4, True)
    assert host.guard.exists()
