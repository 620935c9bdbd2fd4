"""What the reports call the lock of sessions."""

from socle.report.rooms import RoomReport

REPORT = RoomReport(themes={"session": ("Verrouillage de session", "Session lock")})
