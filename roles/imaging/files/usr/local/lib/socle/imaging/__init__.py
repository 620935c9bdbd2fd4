"""Orthanc's settings on this machine: merged as Orthanc merges them, changed with a way back.

Runs on the imaging server as root, with Python's standard library alone.
"""
