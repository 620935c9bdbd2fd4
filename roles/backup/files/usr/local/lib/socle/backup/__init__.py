"""Backups of a practice's machines: what runs on the host itself (Python's standard library only).

Each module is one step of the life of a backup: ``config`` (what is declared), ``dumps``,
``manifest`` and ``run`` (the nightly work), ``status`` (what the repositories say), ``check``,
``rehearsal`` (restore tests), ``restore``, ``prune`` (backup servers), ``offline`` (disks),
``try_delete``.
``restic`` is the only module that starts restic.
"""
