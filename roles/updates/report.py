"""What the reports call updates."""

from socle.report.rooms import RoomReport

REPORT = RoomReport(themes={"updates": ("Mises à jour", "Updates")})
