"""Instruments: what more than one room asks of a machine, read from what its own tools print.

They know machines, not verdicts: what they cannot read they raise as an error of Python's own, and
the check that asked says what that means.
"""
