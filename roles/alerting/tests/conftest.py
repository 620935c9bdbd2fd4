"""What unit tests share."""

from unit_fixtures import *  # noqa: F403 - fixtures
