"""The rooms' checks get Socle's ``host``, not the one of testinfra's own pytest plugin."""

from socle.verify.fixtures import host as host  # noqa: PLC0414 - named again to be a fixture here
