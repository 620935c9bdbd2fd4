"""Evidence that cannot be edited unseen: signatures, time stamps, and the runs that are kept.

The ground floor: paths in, results out. Knows files, never a host, a room or a verdict.
"""
