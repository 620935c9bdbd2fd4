#!/usr/bin/env python3
"""This practice for both engines.

pyinfra reads the file, Ansible runs it with --list. The summary above stays on a line of its own:
its open quotation keeps Ansible from reading a refused practice as an INI list of hosts.
"""

import os
import sys
from pathlib import Path

try:
    from socle.inventory import serve
except ModuleNotFoundError:  # not Socle's Python: go on with the checkout's own
    _python = str(Path(__file__).absolute().parents[2] / ".venv/bin/python")
    if __name__ != "__main__" or sys.executable == _python or not Path(_python).exists():
        raise
    os.execv(_python, [_python, __file__, *sys.argv[1:]])  # noqa: S606

serve(__file__, globals())
