"""When a machine's timers start next; its systemctl is a stand-in."""

from datetime import datetime

from programs import StandIns

from roles.backup.answers import next_start

TIMERS = '[{"next":1795000000000000,"unit":"socle-backup.timer"},{"next":null,"unit":"x.timer"}]'


def test_the_next_start_of_a_timer_is_in_the_machines_own_time(tmp_path):
    host = StandIns(tmp_path)
    host.program("systemctl", f"echo '{TIMERS}'")
    assert next_start(host, "socle-backup.timer") == datetime(2026, 11, 18, 12, 6, 40)
    assert next_start(host, "x.timer") is None
    assert next_start(host, "absent.timer") is None
    assert host.asked == [{}, {}, {}]
