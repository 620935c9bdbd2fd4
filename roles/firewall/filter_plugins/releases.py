"""Ansible filter: ``os_release | refused_system``, empty where the system is one that we know."""

from socle.baseline.releases import refused, system_of


def refused_system(os_release):
    """Say why a host with this /etc/os-release is left out."""
    return refused(system_of(os_release)) or ""


class FilterModule:
    """What Ansible looks for in a filter plugin."""

    def filters(self):
        """Names of the filters and what answers them."""
        return {"refused_system": refused_system}
