"""The commands of ``socle``: one module each, wired together in ``socle.cli``."""
