"""Evidence: what a run asked, what it was told and how it judged, in one file a host.

Plain data in, plain data out: no host, no pytest, no practice is known here.
"""
