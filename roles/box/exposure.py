"""What Internet boxes themselves answer from outside, where they should not."""

from socle.exposure.recognised import UsualPort

PORTS = (
    UsualPort(5000, "UPnP, NAS", "UPnP, NAS"),
    UsualPort(5431, "UPnP", "UPnP"),
    UsualPort(49152, "UPnP", "UPnP"),
)
