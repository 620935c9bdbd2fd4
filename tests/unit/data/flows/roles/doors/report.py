"""A room that declares where a host's flows stand."""

from socle.report.rooms import RoomReport

REPORT = RoomReport(flows={"in": "doors_inbound", "out": "doors_outbound"})
