"""What one room installs, no other removes: both engines take it from the settings."""

import ast
import re
import shutil
from pathlib import Path

import pytest
import yaml

from socle.baseline import load
from socle.baseline.removals import NEEDED, STAYS
from socle.errors import BadPractice

ROOT = Path(__file__).parents[2]
ROOMS = sorted(file.parent.name for file in ROOT.glob("roles/*/deploy.py"))


@pytest.fixture
def problems(tmp_path):
    """Problems of the demo practice where ``host`` has one more forbidden package."""
    usual = load(ROOT / "inventories/demo", root=ROOT).hosts["accueil"].settings

    def found(host: str, package: str) -> str:
        folder = tmp_path / "demo"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(ROOT / "inventories/demo", folder)
        names = ", ".join([*usual["firewall_forbidden_packages"], package])
        file = folder / f"host_vars/{host}.yml"
        file.parent.mkdir(exist_ok=True)
        before = file.read_text() if file.exists() else "---\n"
        file.write_text(f"{before}firewall_forbidden_packages: [{names}]\n")
        try:
            load(folder, root=ROOT)
        except BadPractice as error:
            return str(error)
        return ""

    return found


@pytest.mark.parametrize(
    ("host", "package", "room"),
    [
        ("accueil", "restic", "backup"),
        ("accueil", "needrestart", "updates"),
        ("accueil", "unattended-upgrades", "updates"),
        ("accueil", "xprintidle", "screen_lock"),
        ("imagerie", "stunnel4", "imaging"),
    ],
)
def test_what_a_room_installs_is_not_removed_by_another(problems, host, package, room):
    said = problems(host, package)
    assert re.search(rf"host_vars/{host}\.yml:\d+: firewall_forbidden_packages", said)
    assert f"packages that no room needs; the room {room} installs this one, read {package}" in said


def test_elsewhere_it_may_go(problems):
    assert problems("accueil", "stunnel4") == ""


@pytest.mark.parametrize(
    "package",
    ["isc-dhcp-client", "dhcpcd-base", "wpasupplicant", "network-manager", "systemd-resolved",
     "iproute2", "dbus", "libpam-systemd", "sudo", "ifupdown", "cryptsetup-initramfs"],
)  # fmt: skip
def test_what_machines_hang_on_is_refused_by_name(problems, package):
    assert f"expected a Debian package other than {package}" in problems("accueil", package)


def test_what_may_not_go_along_may_not_be_named_either():
    assert set(NEEDED) <= STAYS


@pytest.mark.parametrize("room", ROOMS)
def test_pyinfra_installs_what_the_settings_say(room):
    tree = ast.parse((ROOT / f"roles/{room}/deploy.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        if getattr(call.func, "id", "") != "packages":
            continue
        [present] = [one.value for one in call.keywords if one.arg == "present"]
        if isinstance(present, ast.Name):  # chosen by what the machine lacks
            text = (ROOT / f"roles/{room}/deploy.py").read_text()
            assert f'{present.id} = [one for one in settings["{room}_packages"] if ' in text
        else:
            assert ast.unparse(present) == f"settings['{room}_packages']"


@pytest.mark.parametrize("room", ROOMS)
def test_ansible_installs_what_the_settings_say(room):
    for file in sorted((ROOT / f"roles/{room}").glob("tasks/*.yml")):
        for task in yaml.safe_load(file.read_text()) or []:
            assert "ansible.builtin.apt" not in task  # it waits for no other package manager
            wish = task.get("vars", {})
            if "socle_apt" in wish and wish.get("socle_apt_state") != "absent":
                wanted = rf"{{{{ {room}_packages( \| intersect\(\w+\))? }}}}$"
                assert re.match(wanted, wish["socle_apt"])


def test_the_screen_lock_asks_for_no_other_package():
    probe = (ROOT / "roles/screen_lock/files/probe.sh").read_text()
    settings = load(ROOT / "inventories/demo", root=ROOT).hosts["accueil"].settings
    asked = re.findall(r"needs ([\w.-]+) \w+", probe)
    assert sorted(asked) == sorted(settings["screen_lock_packages"])
