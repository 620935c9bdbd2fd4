"""What the reports call alerts."""

from socle.report.rooms import RoomReport

REPORT = RoomReport(themes={"logs": ("Journaux et détection", "Logs and detection")})
