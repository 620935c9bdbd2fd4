"""What the room's checks share."""

import pytest

from socle.verify import not_applicable, unknown


@pytest.fixture
def orthanc(host):
    """An Orthanc that runs here; without one the room's promises are about nothing."""
    seen = host.run("test -x /usr/sbin/Orthanc && echo installed; pgrep -x Orthanc").stdout.split()
    if not seen:
        not_applicable("there is no Orthanc on this machine")
    if seen == ["installed"]:
        unknown("Orthanc does not run: systemctl status orthanc.service")
    return host
