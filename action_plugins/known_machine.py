"""Ansible action: the machine is the one that its name means, by known_machines of the practice.

Another one counts as unreachable: it is left out, the others go on. So is, as failed, a machine
with a system that the rooms are not written for, or with a full disk. The first contact is noted,
except with --check.
"""

from importlib.resources import files
from pathlib import Path

from ansible.plugins.action import ActionBase

from socle import harmless
from socle.baseline.known_machines import NAME, KnownMachines
from socle.baseline.releases import refused, system_of
from socle.errors import SocleError

_FULL = (files("socle.apply") / "full.sh").read_text(encoding="utf-8")
_ID, _RELEASE, _PLACES = "machine-id:", "os-release:", "full:"
_ASK = (
    f"{_FULL}echo {_ID}; cat /etc/machine-id; echo {_RELEASE}; cat /etc/os-release; "
    f"echo {_PLACES}; full"
)
LONGEST = 300  # characters of a machine's own words


class ActionModule(ActionBase):
    """What Ansible looks for in an action plugin."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset()

    def run(self, tmp=None, task_vars=None):
        """Ask the host in one execution, and compare."""
        result = super().run(tmp, task_vars)
        practice = Path(task_vars["inventory_dir"])
        if "socle_run" not in task_vars or not (practice / "hosts.yml").is_file():
            wanted = "Use inventories/PRACTICE/inventory.py as inventory: it names the practice."
            return {**result, "failed": True, "msg": wanted}
        host = task_vars["inventory_hostname"]
        answer = self._low_level_execute_command(_ASK)
        _, asked, said = answer["stdout"].partition(_ID)  # a login shell talks before, sudo too
        if not asked:
            words = harmless.line(answer["stdout"] or answer["stderr"], LONGEST)
            reason = f"{host} does not run what it is asked, but answers: {words}"
            return {**result, "unreachable": True, "msg": reason}
        said, _, more = said.partition(_RELEASE)
        release, _, full = more.partition(_PLACES)
        if reason := refused(system_of(release)) or harmless.line(full.strip(), LONGEST):
            return {**result, "failed": True, "msg": f"Refused before any change: {reason}"}
        machine_id = next(iter(said.split()), None)
        local = task_vars.get("ansible_connection") == "local"
        known = KnownMachines(practice, keep=not self._task.check_mode)
        try:
            if known.meet(host, machine_id, local=local):
                self._display.display(f"{host}: is known from now on, by {NAME} of the practice.")
        except SocleError as stranger:
            return {**result, "unreachable": True, "msg": str(stranger)}
        return {**result, "changed": False}
