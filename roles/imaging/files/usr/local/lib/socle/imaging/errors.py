"""What the operator can act on, in one sentence."""


class Trouble(Exception):
    """Nothing was changed, or all was put back, or the next run does so: the text says which."""
