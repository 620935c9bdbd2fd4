"""Evidence that can be judged again, and cannot be edited unseen.

Bundles (what a run asked, what it was told), signatures, time stamps, and the runs that are kept.
The ground floor: plain data and paths in, results out. Knows no host, no room, no pytest.
"""
