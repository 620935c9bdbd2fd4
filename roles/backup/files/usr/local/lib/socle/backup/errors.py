"""What can go wrong, in words that never hold a file's name or a password."""


class BackupError(Exception):
    """A one-line reason for the operator."""


class Busy(BackupError):
    """Another backup of this host is running."""
