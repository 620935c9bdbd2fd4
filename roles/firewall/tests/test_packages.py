"""Packages that the practice forbids: whether they are on the machine, not whether they listen."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

from socle.verify import Unknown

ROOM = Path(__file__).parents[1]
LISTING = """\
bash installed
rpcbind installed
rpcbind not-installed
nis config-files
telnetd half-configured
xinetd unpacked
vsftpd not-installed
"""


@pytest.fixture(scope="module")
def check():
    spec = importlib.util.spec_from_file_location("firewall_check", ROOM / "test_firewall.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def host(text: str, code: int = 0):
    return SimpleNamespace(run=lambda _: SimpleNamespace(rc=code, stdout=text))


def test_what_is_there_is_named(check):
    forbidden = ["vsftpd", "telnetd", "rpcbind", "nis", "xinetd", "snmpd"]
    assert check.installed(host(LISTING), forbidden) == ["rpcbind", "telnetd", "xinetd"]
    assert check.installed(host(LISTING), ["snmpd", "nis", "bash-"]) == []


def test_a_name_that_the_practice_adds(check):
    assert check.installed(host(LISTING), ["bash"]) == ["bash"]


def test_no_listing_is_unknown(check):
    with pytest.raises(Unknown, match="dpkg does not list"):
        check.installed(host("", 2), ["nis"])
