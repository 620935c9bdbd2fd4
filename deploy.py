"""Which rooms a practice's machines get, in order. Values come from the inventory."""

from roles.firewall.deploy import firewall
from roles.screen_lock.deploy import screen_lock

firewall()
screen_lock()
