"""Exposure: what of a practice answers from the Internet, seen from another line.

What is looked for, the look itself, the attestation that it leaves, its judgement, and the
evidence that an incident asks for. Knows verdicts and links, no room and no report.
"""
