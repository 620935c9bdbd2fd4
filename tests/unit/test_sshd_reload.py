"""sshd reads its files again in one way alone, and only where they keep the way in."""

from __future__ import annotations

import re
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SCRIPT = "".join(
    (files("socle.apply") / name).read_text(encoding="utf-8")
    for name in ("sshd_read.sh", "sshd.sh")
)
OTHERWISE = re.compile(
    r"systemctl[^\n]*(reload|restart)[^\n]*\bsshd?\b|name: sshd?(\.service)?$|unit\(\"sshd?\.", re.M
)
LAST = "ssh_untried() { :; }\n"  # test_sshd_read.py
EFFECTIVE = """port 22
listenaddress [::]:22
listenaddress 0.0.0.0:22
permitrootlogin without-password
pubkeyauthentication yes
"""


def test_no_room_has_sshd_read_its_files_in_any_other_way():
    rooms = [
        file
        for file in (CHECKOUT / "roles").rglob("*")
        if file.suffix in {".py", ".yml", ".sh", ".j2"} and "scenarios" not in file.parts
    ]
    assert len(rooms) > 50
    assert [file for file in rooms if OTHERWISE.search(file.read_text())] == []
    assert OTHERWISE.search('command_on_change("systemctl reload ssh.service", when=[])')
    assert OTHERWISE.search("  ansible.builtin.systemd_service:\n    name: ssh.service\n")


def objection(tmp_path, user: str, effective: str, *, code: int = 0) -> str:
    """What the script says where sshd's files mean ``effective``."""
    for name, text in (
        ("sshd", f"cat <<'E'\n{effective}E\nexit {code}"),
        ("systemctl", "exit 3"),  # no socket of systemd's listens
        ("id", "echo adm-socle staff"),
    ):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    script = SCRIPT.replace("/run/sshd", f"{tmp_path}/run")
    done = subprocess.run(
        ["sh", "-c", f"{script}{LAST}ssh_objection {user} '10.0.0.1 4000 10.0.0.2 22'"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, text=True, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("user", "change", "said"),
    [
        ("adm-socle", ("", ""), ""),
        ("adm-socle", ("0.0.0.0:22", "10.0.0.2:22"), ""),
        ("adm-socle", (":22\n", ":2222\n"), "no longer listen on port 22"),
        ("adm-socle", ("0.0.0.0:22", "10.0.0.9:22"), "no longer listen on port 22"),
        ("adm-socle", ("authentication yes", "authentication no"), "PubkeyAuthentication"),
        ("root", ("without-password", "no"), "PermitRootLogin"),
        ("adm-socle", ("without-password", "no"), ""),
        ("adm-socle", ("port 22\n", "port 22\nallowusers root\nallowusers nobody\n"), "AllowUsers"),
        ("adm-socle", ("port 22\n", "port 22\nallowusers adm-*@10.*\n"), ""),
        ("adm-socle", ("port 22\n", "port 22\ndenyusers *\n"), "DenyUsers"),
        ("adm-socle", ("port 22\n", "port 22\nallowgroups staff\n"), ""),
        ("adm-socle", ("port 22\n", "port 22\nallowgroups wheel\n"), "AllowGroups"),
        ("adm-socle", ("port 22\n", "port 22\nauthenticationmethods any\nforcecommand none\n"), ""),
        (
            "adm-socle",
            ("port 22\n", "port 22\nauthenticationmethods publickey,password\n"),
            "AuthenticationMethods",
        ),
        ("adm-socle", ("port 22\n", "port 22\nforcecommand /bin/false\n"), "ForceCommand"),
    ],
)
def test_what_the_files_would_do(tmp_path, user, change, said):
    found = objection(tmp_path, user, EFFECTIVE.replace(*change))
    assert said in found
    assert bool(said) == bool(found)


def test_files_that_sshd_refuses(tmp_path):
    found = objection(tmp_path, "root", "line 3: Bad configuration option: Prot\n", code=255)
    assert found == "sshd refuses its files: line 3: Bad configuration option: Prot"
