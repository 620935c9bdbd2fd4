"""Which bundles are judged again: a share of each signer's that nobody can foresee."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence

SHARE = 5  # one in so many of each signer's bundles is judged again, and at least one
_POOR = frozenset({"fail", "unknown"})


def sample(of_signers: Mapping[str, Sequence[str]], key: bytes) -> set[str]:
    """The digests of those that are judged again, out of each signer's.

    ``key``: a secret of the region. Who makes a bundle cannot try until it is left out.
    """
    return {
        one
        for bundles in of_signers.values()
        for one in _first(bundles, key, max(1, round(len(bundles) / SHARE)))
    }


def better(now: Mapping[str, str], before: Mapping[str, str]) -> bool:
    """Whether something that was not good is said to be good."""
    return any(
        before.get(control) in _POOR and verdict not in _POOR for control, verdict in now.items()
    )


def _first(bundles: Iterable[str], key: bytes, most: int) -> list[str]:
    def rank(digest: str) -> bytes:
        return hmac.digest(key, f"sample {digest}".encode(), hashlib.sha256)

    return sorted(bundles, key=rank)[:most]
