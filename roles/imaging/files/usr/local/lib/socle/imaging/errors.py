"""What the operator can act on, in one sentence."""


class Trouble(Exception):
    """Nothing was changed, or what was changed has been put back; the text says which."""
