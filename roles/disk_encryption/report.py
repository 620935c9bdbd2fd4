"""What the reports call the encryption of disks."""

from socle.report.rooms import RoomReport

REPORT = RoomReport(themes={"encryption": ("Chiffrement", "Encryption")})
