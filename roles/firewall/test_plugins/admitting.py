"""Ansible test: ``firewall_inbound is admitting(address, port)``."""

from socle.baseline.rules import admits


class TestModule:
    """What Ansible looks for in a test plugin."""

    def tests(self):
        """Names of the tests and what answers them."""
        return {"admitting": admits}
