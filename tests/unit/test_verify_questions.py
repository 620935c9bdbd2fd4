"""Questions that are one command although they have several parts; the programs are stand-ins."""

import subprocess
from datetime import datetime
from types import SimpleNamespace

import pytest

from roles.backup.answers import next_start
from roles.firewall.nftables import attempt

TIMERS = '[{"next":1795000000000000,"unit":"socle-backup.timer"},{"next":null,"unit":"x.timer"}]'
COUNTER = '{"nftables": [{"metainfo": {}}, {"counter": {"packets": %s, "bytes": 0}}]}'


@pytest.fixture
def host(tmp_path):
    """A host whose programs are those of a folder; it remembers how it was asked."""

    def run(command, *_, **how):
        asked.append(how)
        path = f"{tmp_path}:/usr/bin:/bin"
        done = subprocess.run(
            ["/bin/sh", "-c", command], capture_output=True, text=True, check=False,
            env={"PATH": path, "TZ": "Europe/Paris"},
        )  # fmt: skip
        return SimpleNamespace(rc=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def program(name, text):
        file = tmp_path / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    asked = []
    return SimpleNamespace(run=run, program=program, asked=asked)


def test_the_next_start_of_a_timer_is_in_the_machines_own_time(host):
    host.program("systemctl", f"echo '{TIMERS}'")
    assert next_start(host, "socle-backup.timer") == datetime(2026, 11, 18, 12, 6, 40)
    assert next_start(host, "x.timer") is None
    assert next_start(host, "absent.timer") is None
    assert host.asked == [{}, {}, {}]


@pytest.mark.parametrize(("step", "rejected"), [(0, 0), (2, 2)])
def test_an_attempt_and_its_counters_are_one_live_question(host, tmp_path, step, rejected):
    (tmp_path / "count").write_text("5")
    more = f"n=$(cat {tmp_path}/count); echo $((n + {step})) >{tmp_path}/count"
    host.program("nft", f"{more}; printf '{COUNTER}\\n' $n")
    assert attempt(host, "127.0.0.1", 1, ("inet t", "c")) == (False, rejected)
    assert host.asked == [{"live": True}]


def test_without_its_counter_an_attempt_says_nothing(host):
    host.program("nft", "exit 1")
    with pytest.raises(RuntimeError, match="no counter c in table inet t"):
        attempt(host, "127.0.0.1", 1, ("inet t", "c"))
