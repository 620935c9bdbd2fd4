"""What unit tests share, and the program that makes and tests copies on hosts."""

import sys
from pathlib import Path

from unit_fixtures import *  # noqa: F403 - fixtures

sys.path.insert(0, str(Path(__file__).parents[1] / "files/usr/local/lib/socle"))
