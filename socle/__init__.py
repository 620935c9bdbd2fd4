"""Socle: hardening, verification and proof for the Linux machines of medical practices."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("socle-cabinet")
except PackageNotFoundError:
    __version__ = "0+unknown"
