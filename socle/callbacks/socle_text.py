"""A callback plugin for Ansible: what it shows of its hosts gives the terminal no order."""

from __future__ import annotations

from functools import wraps

from ansible.plugins.callback import CallbackBase

from socle import harmless

DOCUMENTATION = """
name: socle_text
type: aggregate
short_description: What Ansible shows of its hosts is text
description:
  - Differences of files, messages and errors hold what machines said. Control characters in them
    are shown by their escapes.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Everything that Ansible shows comes through its display, also what its workers say."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "socle_text"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Put ourselves before the display that all plugins share."""
        super().__init__()
        show = self._display.display

        @wraps(show)
        def as_text(msg: str, *words: object, **options: object) -> None:
            show(harmless.coloured(msg), *words, **options)

        self._display.display = as_text
