"""``evidence.yml``: how a practice signs, stamps and keeps what was measured. It may be absent.

Whom the practice believes stands beside it: ``allowed_signers`` and ``revoked_signers``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from socle.baseline import about, single
from socle.evidence.signature import Trust
from socle.evidence.store import operator_config, state_folder

NAME = "evidence.yml"
_STRICT = ConfigDict(extra="forbid", strict=True)


class _Authority(BaseModel):
    model_config = _STRICT

    url: Annotated[str, Field(pattern=r"^https?://")]
    certificates: str
    required: bool = False


class _History(BaseModel):
    model_config = _STRICT

    folder: str | None = None
    keep_days: Annotated[int, Field(ge=7, le=3660)] = 400


class _File(BaseModel):
    model_config = _STRICT

    signing_key: str | None = None
    timestamp: _Authority | None = None
    history: _History = _History()


@dataclass(frozen=True)
class Authority:
    """A time stamping authority (RFC 3161). ``required``: signing fails without its stamp."""

    url: str
    certificates: Path  # PEM: its root, and what lies between
    required: bool


@dataclass(frozen=True)
class EvidenceSettings:
    """What holds for a practice, defaults filled in.

    ``named_key``, ``named_history``: where evidence.yml says so; else they go by the practice's id.
    """

    folder: Path
    named_key: Path | None
    authority: Authority | None
    named_history: Path | None
    keep_days: int
    signers: Path
    revoked: Path | None  # None where the practice has no such list

    @cached_property
    def practice_id(self) -> str:
        """The practice's id, made now if it has none. Raises as `about.identify`."""
        return about.identify(self.folder)

    @property
    def signing_key(self) -> Path:
        """The operator's private key, outside of every checkout unless evidence.yml names one."""
        return self.named_key or operator_config() / "keys" / self.practice_id

    @property
    def history(self) -> Path:
        """Where runs and applies are kept."""
        return self.named_history or state_folder(self.practice_id)

    @property
    def trust(self) -> Trust:
        """Whom the practice believes."""
        authorities = self.authority.certificates if self.authority else None
        return Trust(self.signers, self.revoked, authorities)


def read(folder: Path) -> EvidenceSettings:
    """The settings of the practice in ``folder``.

    Relative paths start there, ``~`` is the operator's home. Raises BadPractice.
    """
    folder = folder.absolute()
    written = single.read(folder / NAME, _File) or _File()

    def place(name: str) -> Path:
        return folder / Path(name).expanduser()

    stamp, history = written.timestamp, written.history
    authority = None
    if stamp is not None:
        authority = Authority(stamp.url, place(stamp.certificates), stamp.required)
    revoked = folder / "revoked_signers"
    return EvidenceSettings(
        folder=folder,
        named_key=place(written.signing_key) if written.signing_key else None,
        authority=authority,
        named_history=place(history.folder) if history.folder else None,
        keep_days=history.keep_days,
        signers=folder / "allowed_signers",
        revoked=revoked if revoked.is_file() else None,
    )
