"""What the room's checks share: the machine's disks, asked once a host."""

import pytest

from roles.disk_encryption.disks import Disks
from socle.machine import blockdevices
from socle.verify import message, unknown

STANDARD = ("/", "/home", "/var", "/srv", "/opt")


@pytest.fixture(scope="session")
def disks(host, settings):
    """The machine's disks, asked once; a container has none of its own."""
    found = blockdevices.ask(host, [*STANDARD, *settings.disk_encryption_data_dirs])
    if found.container:
        unknown(
            message(
                "a container ({kind}) sees the disks of the computer it runs on, "
                "not disks of its own: verify that computer",
                kind=found.container,
            )
        )
    if not found.asked_as_root:
        unknown("only root may ask the device-mapper what it encrypts")
    return Disks(found.printed)
