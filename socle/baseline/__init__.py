"""The baseline: rooms, settings, layers, waivers, and the practices that they resolve to.

Pure Python and data; no engine is imported here.
"""

from socle.baseline.loading import load

__all__ = ["load"]
