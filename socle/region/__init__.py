"""The region: bundles of many practices, read and judged in streams, counted under codes.

Knows bundles and verdicts; asks no machine. What leaves it (`socle.region.tally`) has neither the
name of a practice nor of a machine.
"""
