"""pyinfra's own operations in a room: as root whoever logs in, planned, counted, done once."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from practices import Practice
from rooms import REPOSITORY, add, copied, of_the_page

from socle.baseline import evidence
from socle.lab import run
from socle.report.history import read

pytestmark = pytest.mark.lab
HOST, ROOM = "accueil", "redirects"
DEPLOY = '''
from io import StringIO

from pyinfra.api import deploy
from pyinfra.operations import apt, files, server, systemd
from socle.apply import command_on_change, managed_files


@deploy("Stock")
def redirects() -> None:
    """Beside operations of ours."""
    managed_files("redirects")
    apt.packages(name="A package", packages=["powermgmt-base"])
    line = files.line(name="A line", path="/etc/stock/lines", line="kept = yes")
    files.put(name="A file", src=StringIO("not for all\\n"), dest="/etc/stock/file", mode="600")
    systemd.service(name="A unit", service="apt-daily.timer", running=False, enabled=False)
    command_on_change("id -un >>/etc/stock/reactions", when=[line])
    server.shell(name="Nobody sees it", commands=["""
        [ ! -s /root/secret ] || ! grep -lFf /root/secret /proc/[0-9]*/cmdline /proc/[0-9]*/environ
    """])
'''
FRAME = """
from roles.redirects.deploy import redirects
from socle.apply import ask_before_giving_up, confirm_last, remember_declared

ask_before_giving_up()
redirects()
remember_declared()
confirm_last()
"""
AS_INSTALLED = """
apt-get -qq --yes purge powermgmt-base >/dev/null; rm -rf /etc/stock /etc/socle; mkdir /etc/stock
echo '# of the installer' >/etc/stock/lines; systemctl --quiet enable --now apt-daily.timer
rm -f /etc/sysctl.d/60-socle.conf
"""
STATE = """
dpkg-query -Wf '${Status}\\n' powermgmt-base 2>&1; systemctl is-enabled apt-daily.timer
systemctl is-active apt-daily.timer
cd /etc/stock; stat -c '%n %a %U' *; cat *
ls -A /tmp /root | grep pyinfra || echo nothing left
"""
WISHED = """install ok installed
disabled
inactive
file 600 root
lines 644 root
reactions 644 root
not for all
# of the installer
kept = yes
root
nothing left
"""
PLANNED = ("A package", "A line", "A file", "A unit")


class House(Practice):
    """A practice of one server, and the room of docs/en/new-room.md with other operations."""

    deploy = "frame.py"

    def __init__(self, root: Path, lab) -> None:
        super().__init__(copied(root), root / "inventories/one")
        self.lab = lab
        add(root, ROOM, of_the_page(REPOSITORY / "docs/en/new-room.md") | {"deploy.py": DEPLOY})
        (root / self.deploy).write_text(FRAME)
        (self.folder / "group_vars").mkdir(parents=True)
        shutil.copy(root / "inventories/demo/inventory.py", self.folder)
        shutil.copy(lab.known_hosts, self.folder / "known_hosts")
        gateway = lab.network.gateways[0].partition("/")[0]
        peers = {"administration": [gateway], "box": [gateway]}
        (self.folder / "group_vars/all.yml").write_text(json.dumps({"firewall_peers": peers}))

    def logs_in_as(self, user: str) -> None:
        hosts = {
            HOST: {
                "ansible_host": self.lab.machine(HOST).addresses[0],
                "ansible_user": user,
                "ansible_ssh_private_key_file": str(self.lab.key_file),
            }
        }
        (self.folder / "hosts.yml").write_text(
            json.dumps({"all": {"children": {"servers": {"hosts": hosts}}}})
        )

    def on(self, command: str, stdin: str = "") -> str:
        done = run(self.lab, HOST, command, stdin=stdin)
        assert done.returncode == 0, done
        return done.stdout


@pytest.fixture(scope="module")
def house(boot, tmp_path_factory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("stock") / "house", boot({HOST: "trixie"}))
    yield made
    made.on(AS_INSTALLED + "rm -r /etc/stock")


@pytest.fixture(params=["root", "sudo", "sudo with a password"])
def login(request, house, tmp_path, monkeypatch):
    """The practice with each way to become root, and the machine as installed; a password."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    user, password = house.lab.administrator, f"socle {secrets.token_hex(8)}"
    house.logs_in_as("root" if request.param == "root" else user)
    house.on(AS_INSTALLED)
    if "password" not in request.param:
        yield ""
        return
    sudoers, key = "/etc/sudoers.d/lab-administrator", tmp_path / "vault-password"
    house.on("chpasswd", f"{user}:{password}\n")
    house.on("cat >/root/secret", password)
    house.on(f"cp -a {sudoers} /root/sudoers && sed -i 's/NOPASSWD: //' {sudoers}")
    vault = house.folder / "secrets.yml"
    vault.write_text(json.dumps({HOST: {"ansible_become_password": password}}))
    key.touch(mode=0o600)
    key.write_text("opens the vault\n")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(key))
    program = Path(sys.executable).with_name("ansible-vault")
    subprocess.run([program, "encrypt", vault], check=True, capture_output=True)
    yield password
    vault.unlink()
    house.on(f"mv /root/sudoers {sudoers}; rm /root/secret; usermod -p '!' {user}")


def planned(output: str) -> set[str]:
    """What a plan says would change the host."""
    return {name for name in PLANNED if re.search(rf"{name} +1 \({HOST}\)", output)}


def test_they_do_what_ours_do(house, login):
    before = house.on(STATE)
    outputs = [house.pyinfra("--dry")]
    assert planned(outputs[0]) == {*PLANNED}
    assert house.on(STATE) == before

    outputs.append(house.pyinfra("-y", "-vvv", "--debug"))
    assert house.on(STATE) == WISHED

    outputs += [house.pyinfra("-y"), house.pyinfra("--dry")]
    assert planned(outputs[-1]) == set()
    assert house.changes(outputs[-2]) == 2  # the look at the processes, and that one still gets in
    applies = read(evidence.read(house.folder).history, house.practice.name).applies
    assert [apply.changed[HOST] for apply in applies] == [9, 2]
    assert not [output for output in outputs if login and login in output]


CONFLICTS = """
mkdir -p /root/x/DEBIAN && cd /root && printf '%s\\n' 'Package: socle-x' 'Version: 1' \
    'Architecture: all' 'Maintainer: x' 'Description: x' 'Conflicts: tzdata' >x/DEBIAN/control
dpkg-deb --build x /srv/socle-x.deb >/dev/null; rm -r x
"""


def test_a_package_that_would_push_another_out_is_not_installed(house, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    house.logs_in_as("root")
    house.on(CONFLICTS)
    (house.root / "push.py").write_text(
        "from pyinfra.operations import apt\napt.packages(packages=['/srv/socle-x.deb'])\n"
    )
    before = house.on("dpkg-query -W")
    monkeypatch.setattr(house, "deploy", "push.py")
    output = house.pyinfra("-y", code=1)
    assert "remove is disabled" in output
    assert house.on("rm /srv/socle-x.deb; dpkg-query -W") == before
