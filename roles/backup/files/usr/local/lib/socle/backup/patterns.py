"""Which files restic restores, said without their names in the list of processes.

From 0.17 on restic reads the names from a file. Older ones take them as arguments, which every user
of the machine can see: there each name is blurred to a pattern that keeps a few bits of it, enough
to find the file among its neighbours. A neighbour that matches too comes back for nothing.
"""

from __future__ import annotations

import random
import string
from collections.abc import Sequence

ALPHABET = string.ascii_letters + string.digits
BITS = 12
FROM_FILE = (0, 17)


def words(paths: Sequence[str], public: str, version: tuple[int, int]) -> tuple[list[str], str]:
    """Arguments for ``restic restore``, and the text for ``Restic.run(patterns=…)``."""
    if version >= FROM_FILE:
        return ["--include-file", "{patterns}"], "".join(f"{exact(one)}\n" for one in paths)
    return [word for one in paths for word in ("--include", blurred(one, public))], ""


def exact(path: str) -> str:
    """A pattern for the path itself: what restic would take for a sign becomes ``?``."""
    return "".join(
        one if one.isascii() and (one.isalnum() or one in "/._-") else "?" for one in path
    )


def blurred(path: str, public: str = "/") -> str:
    """A pattern that does not show the path below ``public`` (a declared folder)."""
    public = public.rstrip("/")
    if not path.startswith(f"{public}/"):
        return exact(path)
    hidden = [_blur(part) for part in path[len(public) + 1 :].split("/")]
    return "/".join([exact(public), *hidden])


def _blur(name: str) -> str:
    chance = random.SystemRandom()
    plain = [place for place, one in enumerate(name) if one in ALPHABET]
    told = set(chance.sample(plain, min(BITS, len(plain))))
    return "".join(_half(one, chance) if place in told else "?" for place, one in enumerate(name))


def _half(character: str, chance: random.Random) -> str:
    """Half of the alphabet, with the character in it."""
    others = chance.sample([one for one in ALPHABET if one != character], len(ALPHABET) // 2 - 1)
    return f"[{''.join(sorted([character, *others]))}]"
