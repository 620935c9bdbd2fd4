"""Which rooms a practice's machines get, in order. Values come from the inventory."""

from roles.disk_encryption.deploy import disk_encryption
from roles.firewall.deploy import firewall

firewall()
disk_encryption()
