"""What unit tests share, and the programs that run on hosts."""

import sys
from pathlib import Path

from unit_fixtures import *  # noqa: F403 - fixtures

BACKUP = Path(__file__).parents[2] / "roles/backup/files/usr/local/lib/socle"

sys.path.insert(0, str(BACKUP))
