"""Reports: verdicts as JSON, as a page for the practice's file, and the register of flows.

Knows verdicts and the model, never a host: no engine and no pytest is imported here.
"""
