"""A callback plugin for Ansible: what one host answers cannot take the memory of the others."""

from __future__ import annotations

import resource

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: socle_bounds
type: aggregate
short_description: A worker that a host floods fails for that host alone
description:
  - Ansible keeps a whole answer in memory, however long. Each process may have 1 GiB; the task
    of a host that needs more fails, and the others go on.
"""
LARGEST = 1 << 30  # bytes of address space; a worker has 150 MiB before it is answered


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """The limit is set where workers are forked from, before the first of them."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "socle_bounds"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, _playbook: object) -> None:
        """Bound this process and what it starts, unless it is bounded more tightly already."""
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        if soft == resource.RLIM_INFINITY or soft > LARGEST:
            resource.setrlimit(resource.RLIMIT_AS, (LARGEST, hard))
