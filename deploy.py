"""Which rooms a practice's machines get, in order. Values come from the inventory."""

from roles.alerting.deploy import alerting
from roles.backup.deploy import backup
from roles.disk_encryption.deploy import disk_encryption
from roles.firewall.deploy import firewall
from roles.imaging.deploy import imaging
from roles.screen_lock.deploy import screen_lock
from roles.updates.deploy import updates
from socle.apply import ask_before_giving_up, confirm_last, remember_declared

ask_before_giving_up()
firewall()
disk_encryption()
updates()
screen_lock()
imaging()
backup()
alerting()
remember_declared()
confirm_last()
