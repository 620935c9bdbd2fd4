"""One practice, two engines: what pyinfra and Ansible themselves make of it."""
# ruff: noqa: E501 - whole messages, each on its line

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from socle.baseline.export import _ssh_arguments, for_ansible, for_pyinfra

CHECKOUT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PRACTICES = sorted(CHECKOUT.glob("inventories/*/inventory.py"))


@pytest.fixture
def practice(toy: Any) -> Any:
    """The toy practice with everything that an engine is told."""
    shutil.copy(PRACTICES[0], toy.folder / "inventory.py")
    toy.write("known_hosts", "")
    toy.write("group_vars/workstations.yml", 'toy_label: "é \\"quoted\\" \'text\' $x"\n')
    toy.write("host_vars/desk.yml", "ansible_ssh_private_key_file: keys/the id\ntoy_ratio: 0.5\n")
    toy.write(
        "/group_vars/all.yml",
        "toy_flows: [{name: a, direction: in, protocol: tcp, ports: [1, 2-5], peers: [desk], purpose: why}]\n",
    )
    return toy


def run(practice: Any, *command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **variables}
    return subprocess.run(
        command, cwd=practice.root, env=environment, capture_output=True, text=True, check=False
    )


def pyinfra_data(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What ``debug-inventory`` printed: host -> data."""
    found = {}
    for part in done.stderr.split("\n[")[1:]:
        name = part.partition("]")[0].strip()
        found[name] = json.loads(part.partition("--> Data:")[2].partition("\n}")[0] + "\n}")
    return found


def test_ansible_reads_what_was_resolved(practice: Any) -> None:
    done = run(practice, "ansible-inventory", "-i", "inventories/p/inventory.py", "--list")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    hostvars = answer.pop("_meta")["hostvars"]
    loaded = practice.load()
    for host in loaded.hosts.values():
        seen = hostvars[host.name]
        assert {name: seen[name] for name in host.settings} == host.settings
    extra = {name for name in hostvars["desk"] if not name.startswith("toy_")}
    assert extra == {
        *("ansible_become", "ansible_connection", "ansible_host", "ansible_port", "ansible_user"),
        *("ansible_ssh_common_args", "ansible_ssh_private_key_file"),
        *("socle_listed", "socle_refusals", "socle_run"),
    }
    assert set(answer["all"]["children"]) - {"ungrouped"} == loaded.groups.keys() - {"all"}
    assert answer["workstations"]["hosts"] == ["desk", "lab"]


def test_ansible_reads_nothing_else(practice: Any) -> None:
    """Ansible puts files of host_vars/ on top of what inventory.py says, unmerged."""
    flow = "{{name: {}, direction: in, protocol: tcp, ports: [9], peers: [desk], purpose: why}}"
    practice.write("host_vars/desk.yml", f"toy_flows: [{flow.format('b')}]\n")
    practice.write("/host_vars/desk.yml", "toy_label: of nobody\n")
    practice.write("/play.yml", """
        - hosts: desk
          connection: local
          gather_facts: false
          tasks: [{ansible.builtin.debug: {msg: "{{ toy_label ~ (toy_flows | map(attribute='name') | join) }}"}}]
        """)  # fmt: skip
    words = ("ansible-playbook", "-i", "inventories/p/inventory.py", "play.yml")
    done = run(practice, *words, ANSIBLE_CONFIG=str(CHECKOUT / "ansible.cfg"))
    assert done.returncode == 0, done.stderr
    settings = practice.load().hosts["desk"].settings
    assert [flow["name"] for flow in settings["toy_flows"]] == ["a", "b"]
    wanted = json.dumps(settings["toy_label"] + "ab", ensure_ascii=False)
    assert f'"msg": {wanted}' in done.stdout


def test_ansible_expands_nothing_on_the_way(practice: Any) -> None:
    done = run(
        practice, "ansible", "desk", "-i", "inventories/p/inventory.py",
        "-c", "local", "-m", "ansible.builtin.debug", "-a", "var=vars",
        ANSIBLE_STDOUT_CALLBACK="ansible.builtin.minimal",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    variables = json.loads(done.stdout.partition("=> ")[2])["vars"]
    settings = practice.load().hosts["desk"].settings
    assert {name: variables[name] for name in settings} == settings


def test_ansible_groups_and_nesting(practice: Any) -> None:
    (practice.folder / "host_vars/desk.yml").unlink()
    practice.write("/group_vars/all.yml", "")
    practice.write(
        "hosts.yml",
        "all: {children: {servers: {children: {imaging_servers: {hosts: {pacs: }}}, hosts: {nas: }}}}\n",
    )
    groups = for_ansible(practice.load())
    assert groups["all"] == {
        "hosts": [],
        "children": ["backup_servers", "servers", "workstations"],
    }
    assert groups["servers"] == {"hosts": ["nas"], "children": ["imaging_servers"]}
    assert groups["imaging_servers"] == {"hosts": ["pacs"], "children": []}


def test_ansible_connection(practice: Any) -> None:
    desk = for_ansible(practice.load())["_meta"]["hostvars"]["desk"]
    known_hosts = practice.folder / "known_hosts"
    assert desk["ansible_become"] is True
    assert desk["ansible_user"] == "adm"
    assert desk["ansible_host"] == "192.0.2.1"
    assert desk["ansible_ssh_private_key_file"] == str(practice.root / "keys/the id")
    assert desk["ansible_ssh_common_args"] == (
        "-o RequestTTY=no -o RemoteCommand=none -o StrictHostKeyChecking=yes -o ServerAliveInterval=10 -o ServerAliveCountMax=3 "
        f"-o 'UserKnownHostsFile=\"{known_hosts}\"' -o IdentitiesOnly=yes"
    )


def test_a_percent_sign_in_the_practice_s_path_means_itself(practice: Any) -> None:
    found = replace(practice.load().hosts["desk"].connection, known_hosts_file="/srv/50% sûr")
    assert '"/srv/50%% sûr"' in _ssh_arguments(found)


def test_pyinfra_reads_what_was_resolved(practice: Any) -> None:
    done = run(practice, "pyinfra", "inventories/p/inventory.py", "debug-inventory")
    assert done.returncode == 0, done.stderr
    data = pyinfra_data(done)
    for host in practice.load().hosts.values():
        seen = data[host.name]
        for name, value in host.settings.items():
            if name != "toy_password":
                assert seen[name] == value
        assert seen["socle_host"] == host.name
        assert seen["ssh_hostname"] == host.connection.address
    assert data["desk"]["ssh_key"] == str(practice.root / "keys/the id")
    assert data["desk"]["ssh_known_hosts_file"] == str(practice.folder / "known_hosts")
    assert data["desk"]["ssh_strict_host_key_checking"] == "yes"


def test_pyinfra_groups_and_objects(practice: Any) -> None:
    loaded = practice.load()
    groups = for_pyinfra(loaded)
    hosts, group_data = groups["workstations"]
    assert [name for name, _ in hosts] == ["desk", "lab"]
    assert group_data == {}
    assert groups["imaging_servers"] == ([], {})
    data = dict(groups["all"][0])["desk"]
    assert data["socle_host"] is loaded.hosts["desk"]
    assert data["socle_practice"] is loaded


def test_secrets_reach_ansible_and_are_not_printed_by_pyinfra(
    practice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice.write("secrets.yml", "desk: {toy_password: s3, ansible_become_password: hunter2}\n")
    practice.encrypt("secrets.yml", monkeypatch)
    desk = for_ansible(practice.load())["_meta"]["hostvars"]["desk"]
    assert (desk["toy_password"], desk["ansible_become_password"]) == ("s3", "hunter2")
    done = run(practice, "pyinfra", "inventories/p/inventory.py", "debug-inventory")
    assert done.returncode == 0, done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert '"s3"' not in done.stdout + done.stderr


def test_this_very_computer(practice: Any) -> None:
    (practice.folder / "host_vars/desk.yml").unlink()
    practice.write("/group_vars/all.yml", "")
    practice.write(
        "hosts.yml",
        "all: {children: {workstations: {hosts: {localhost: {ansible_connection: local}}}}}\n",
    )
    done = run(practice, "pyinfra", "inventories/p/inventory.py", "debug-inventory")
    assert list(pyinfra_data(done)) == ["@local"]
    done = run(practice, "inventories/p/inventory.py", "--host", "localhost")
    variables = json.loads(done.stdout)
    assert variables["ansible_connection"] == "local"
    assert variables["ansible_become"] is False
    assert not [name for name in variables if "ssh" in name]


BAD = "inventories/p/host_vars/lab.yml:1: toy_idle: expected a whole number from 10 to 900, read 5"


def test_a_bad_practice_under_pyinfra(practice: Any) -> None:
    practice.write("host_vars/lab.yml", "toy_idle: 5\n")
    done = run(practice, "pyinfra", "inventories/p/inventory.py", "debug-inventory")
    assert done.returncode == 2
    assert BAD in done.stderr
    assert "Traceback" not in done.stderr
    assert not (practice.root / "pyinfra-debug.log").exists()


def test_a_bad_practice_under_ansible(practice: Any) -> None:
    practice.write("host_vars/lab.yml", "toy_idle: 5\n")
    script = run(practice, "inventories/p/inventory.py", "--list")
    assert (script.returncode, script.stdout, script.stderr) == (2, "", f"{BAD}\n")
    done = run(practice, "ansible-inventory", "-i", "inventories/p/inventory.py", "--list")
    assert BAD in done.stderr
    assert json.loads(done.stdout)["_meta"]["hostvars"] == {}, "nor read as a list of hosts"


def test_arguments(practice: Any) -> None:
    done = run(practice, "inventories/p/inventory.py")
    assert (done.returncode, done.stderr) == (
        2,
        "usage: inventories/p/inventory.py --list | --host NAME\n",
    )
    done = run(practice, "inventories/p/inventory.py", "--host", "nobody")
    assert json.loads(done.stdout) == {}


def test_another_python_goes_on_with_the_checkouts_own(practice: Any) -> None:
    other = Path(sys.base_prefix) / "bin/python3"
    if (
        subprocess.run([other, "-c", "import socle"], capture_output=True, check=False).returncode
        == 0
    ):
        pytest.skip("this Python has Socle")
    command = [other, "inventories/p/inventory.py", "--list"]
    done = run(practice, *command)
    assert done.returncode != 0
    assert "No module named 'socle'" in done.stderr
    (practice.root / ".venv").symlink_to(sys.prefix)
    done = run(practice, *command)
    assert done.returncode == 0, done.stderr
    assert "desk" in json.loads(done.stdout)["_meta"]["hostvars"]


def test_the_same_lines_in_every_practice() -> None:
    assert len({file.read_text() for file in PRACTICES}) == 1
    assert all(os.access(file, os.X_OK) for file in PRACTICES)
