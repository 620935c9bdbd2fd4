"""A practice in the words of each engine: pyinfra's inventory, Ansible's inventory."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Any

from socle import bounds
from socle.baseline.declared import declared, listed
from socle.baseline.model import Connection, Host, Practice, Room
from socle.baseline.settings import holds_patient_data, is_read_across, is_secret
from socle.errors import SocleError


def for_pyinfra(practice: Practice) -> dict[str, Any]:
    """The practice as the globals of a pyinfra inventory file: group -> (hosts, group data).

    A host's data are its settings (secrets left out: pyinfra prints data), how to reach it, and
    the objects themselves as ``socle_host`` and ``socle_practice``. Becoming root is left to
    ``socle.apply``: pyinfra's own sudo would show a password in the host's process list.
    """
    _refuse_twins(practice)
    hidden = hidden_names(practice)
    entries = {
        name: (_pyinfra_name(host), _pyinfra_data(host, practice, hidden))
        for name, host in practice.hosts.items()
    }
    return {
        group: ([entries[name] for name in names], {}) for group, names in practice.groups.items()
    }


def for_ansible(practice: Practice) -> dict[str, Any]:
    """The practice as the answer of a dynamic inventory to ``--list``.

    The values stand in ``_meta.hostvars``; ansible.cfg keeps Ansible from reading files itself.
    """
    _refuse_twins(practice)
    groups: dict[str, Any] = {}
    for group, names in practice.groups.items():
        children = practice.children.get(group, ())
        below = {host for child in children for host in practice.groups[child]}
        groups[group] = {
            "hosts": [name for name in names if name not in below],
            "children": list(children),
        }
    hostvars = {name: ansible_variables(host, practice) for name, host in practice.hosts.items()}
    return {**groups, "_meta": {"hostvars": hostvars}}


def _refuse_twins(practice: Practice) -> None:
    """There is one "this computer"."""
    local = [host.name for host in practice.hosts.values() if host.connection.method == "local"]
    if len(local) > 1:
        raise SocleError(
            f"{practice.folder / 'hosts.yml'}:0: expected one host with ansible_connection: local "
            f'(there is one "this computer"), read {", ".join(local)}'
        )


def ansible_variables(host: Host, practice: Practice) -> dict[str, Any]:
    """The variables of one host for Ansible: settings, what it keeps up, how to reach it."""
    found = host.connection
    variables: dict[str, Any] = {
        **host.settings,
        "socle_listed": listed(declared(practice, host)),
        "socle_refusals": [str(question) for question in practice.unmet.get(host.name, ())],
        "ansible_connection": found.method,
        "ansible_become": found.become,
    }
    if found.method == "ssh":
        variables |= {
            "ansible_host": found.address,
            "ansible_port": found.port,
            "ansible_user": found.user,
            "ansible_ssh_common_args": _ssh_arguments(found),
        }
        if found.key_file is not None:
            variables["ansible_ssh_private_key_file"] = str(found.key_file)
    if found.become_password is not None:
        variables["ansible_become_password"] = found.become_password
    return variables


def secret_names(practice: Practice) -> frozenset[str]:
    """The variables whose value must not be shown."""
    return frozenset(
        room.prefix + name
        for room in practice.rooms
        for name in (
            *(name for name, field in room.settings.model_fields.items() if is_secret(field)),
            *room.settings.derived_secrets,
        )
    )


def patient_folders(rooms: Iterable[Room], hosts: Iterable[Host]) -> tuple[str, ...]:
    """Every folder of the hosts in which patients' data lie, by what the rooms mark so."""
    names = [
        room.prefix + name
        for room in rooms
        for name, field in room.settings.model_fields.items()
        if holds_patient_data(field)
    ]
    found = (str(path) for host in hosts for name in names for path in host.settings.get(name, ()))
    return tuple(dict.fromkeys(found))


def read_across(rooms: Iterable[Room]) -> tuple[str, ...]:
    """The variables that checks read of other machines than the one they look at."""
    return tuple(
        room.prefix + name
        for room in rooms
        for name, field in room.settings.model_fields.items()
        if is_read_across(field)
    )


def hidden_names(practice: Practice) -> frozenset[str]:
    """The variables that are not shown and stand in no bundle: secrets, and what repeats others."""
    return secret_names(practice) | {
        room.prefix + name for room in practice.rooms for name in room.settings.concluded
    }


def _ssh_arguments(found: Connection) -> str:
    """Options of ssh: a host that is not known, or known by another key, is refused.

    One that does not answer any more is given up, like by pyinfra and the checks. The operator's
    own ssh_config puts no other command in the place of ours, nor a terminal that ends nothing.
    """
    options = [
        "RequestTTY=no",
        "RemoteCommand=none",
        "StrictHostKeyChecking=yes",
        f"ServerAliveInterval={bounds.ALIVE_SECONDS}",
        f"ServerAliveCountMax={bounds.ALIVE_MISSED}",
    ]
    if found.known_hosts_file is not None:
        known_hosts = str(found.known_hosts_file).replace("%", "%%")
        options.append(f'UserKnownHostsFile="{known_hosts}"')
    if found.key_file is not None:
        options.append("IdentitiesOnly=yes")
    return " ".join(f"-o {shlex.quote(option)}" for option in options)


def _pyinfra_name(host: Host) -> str:
    return "@local" if host.connection.method == "local" else host.name


def _pyinfra_data(host: Host, practice: Practice, hidden: frozenset[str]) -> dict[str, Any]:
    found = host.connection
    data = {name: value for name, value in host.settings.items() if name not in hidden}
    data |= {"socle_host": host, "socle_practice": practice}
    if found.method == "local":
        return data
    data |= {
        "ssh_hostname": found.address,
        "ssh_port": found.port,
        "ssh_user": found.user,
        "ssh_strict_host_key_checking": "yes",
        "ssh_allow_agent": found.key_file is None,
        "ssh_look_for_keys": found.key_file is None,
    }
    if found.key_file is not None:
        data["ssh_key"] = str(found.key_file)
    if found.known_hosts_file is not None:
        data["ssh_known_hosts_file"] = str(found.known_hosts_file)
    return data
