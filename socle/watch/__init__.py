"""A machine that verifies itself: who is warned, where its evidence goes, who has fallen silent.

What runs on the hosts needs nothing but Python's standard library and the ground floor.
"""
