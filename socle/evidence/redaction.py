"""What must not leave a machine is masked before anything is written.

Known secrets are replaced wherever they stand. What merely looks like one is replaced by its
shape: private keys, password hashes, ``password = …``, Wi-Fi keys, credentials in URLs, and names
of files below the folders that hold patients' data.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

MASK = "••••"
_SHORTEST = 4  # characters of a known secret: a shorter one stands in too many words
_STRONG = 12  # characters from which it is masked inside of words, too
_HARMLESS = r"(?!(?:true|false|none|null|yes|no|required|optional|sufficient|prompt)\b)"

_QUOTE = r"\\?[\"']"
_WORDS = r"(?:password|passwd|mot de passe|passphrase|secret|api_?key|token)"
_NAMED, _WIFI = rf"\b[a-z0-9_-]{{0,40}}{_WORDS}[a-z0-9_-]{{0,40}}", r"\b(?:wpa-)?psk"
_QUOTED, _BARE = r"[^\"'\\\n]", r"[^\s\"'\\,;}\]]"
# Nothing is given back of a run of blanks: two that share one would try every way to divide it.
_SIGN, _BLANKS = r"\s*+[:=]\s*+", r"[^\S ]*+ \s*+"

_SHAPES = [
    re.compile(  # private keys
        r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
    ),
    re.compile(r"(\$(?:y|gy|7|6|5|1|2[aby])\$)[./0-9A-Za-z$,=]{8,}()"),  # crypt(5)
    re.compile(r"(grub\.pbkdf2\.sha512\.\d+\.)[0-9A-Fa-f.]{16,}()"),
    re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^\s/@:'\"]*:[^\s/@'\"]+(@)", re.IGNORECASE),
    *(
        re.compile(rf"({name}{between}){_HARMLESS}{value}{{{least},}}()", re.IGNORECASE)
        for name, sign, least in ((_NAMED, _SIGN, 6), (_WIFI, rf"(?:{_SIGN}|{_BLANKS})", 8))
        for between, value in (
            (rf"(?:{_QUOTE})?{sign}{_QUOTE}", _QUOTED),
            (sign, _BARE),  # no quote before: JSON must stay JSON
        )
    ),
]
_DOCUMENT = r"(?:dcm|pdf|jpe?g|png|tiff?|docx?|odt|rtf|xlsx?|ods|csv|txt|hl7|xml|zip|mp4|avi)"
# Where the name of a document ends, which may have blanks, and what no name goes beyond.
_STOP = re.compile(rf"(\.{_DOCUMENT}\b)|[\n\t\"'\\]")
_WORD = re.compile(r"[^\s\"'\\,;:|)\]}]+")
_SYSTEM = re.compile(
    r"/|/(?:etc|usr|boot|bin|sbin|lib|proc|sys|dev|run)(?:/.*)?|/(?:var|home|srv|opt|root|mnt|media)"
)


class Redactor:
    """Masks text. ``count`` says in how many places."""

    def __init__(
        self,
        secrets: Iterable[str] = (),
        data_folders: Iterable[str] = (),
        declared_paths: Iterable[str] = (),
    ) -> None:
        """``secrets``: known values. ``data_folders``: names below them are masked.

        System folders (/etc, /usr; /home itself) among them are left alone: their names are
        software's, and checks read them. ``declared_paths``, and what lies below them, are the
        practice's own words and stay.
        """
        self.count = 0
        self._secrets = _any_of({form for secret in secrets for form in _forms(secret)}, _whole)
        folders = {
            f.rstrip("/") for f in data_folders if not _SYSTEM.fullmatch(f.rstrip("/") or "/")
        }
        self._kept = {path.rstrip("/") for path in declared_paths} | folders
        below = _any_of(folders)
        self._below = re.compile(rf"({below.pattern})/") if below else None

    def known(self, text: str) -> str:
        """The text with a mask for every known secret."""
        return text if self._secrets is None else self._secrets.sub(self._masked, text)

    def text(self, text: str) -> str:
        """The text with all masks."""
        text = self.known(text)
        for shape in _SHAPES:
            text = shape.sub(self._around, text)
        return "".join(self._without_names(text, self._below)) if self._below else text

    def data(self, value: Any) -> Any:
        """The same in every string, keys included, of JSON-like data."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.data(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.data(item) for item in value]
        return value

    def _masked(self, _: re.Match[str]) -> str:
        self.count += 1
        return MASK

    def _around(self, found: re.Match[str]) -> str:
        self.count += 1
        return f"{found[1]}{MASK}{found[2]}"

    def _without_names(self, text: str, below: re.Pattern[str]) -> Iterator[str]:
        """The text in pieces. It is read once, however many names are in it: nothing goes back."""
        stops, at = _STOP.finditer(text), 0
        stop = next(stops, None)
        while found := below.search(text, at):
            begin = found.end()
            while stop and stop.start() < begin:
                stop = next(stops, None)
            name = stop if stop and stop[1] else _WORD.match(text, begin)
            end = name.end() if name else begin
            yield text[at : found.start()]
            whole = text[found.start() : end]
            yield self._name(whole, found[1]) if name else whole
            at = end
        yield text[at:]

    def _name(self, whole: str, folder: str) -> str:
        if any(whole == kept or (whole.startswith(f"{kept}/") and len(kept) > len(folder))
               for kept in self._kept):  # fmt: skip
            return whole
        self.count += 1
        return f"{folder}/{MASK}"


def strings(value: Any) -> Iterator[str]:
    """Every string in JSON-like data; keys are not among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


def _forms(secret: str) -> Iterable[str]:
    """A secret, its lines where it has several, and each as base64 writes it."""
    for form in {secret, *secret.splitlines()}:
        if len(form) >= _SHORTEST:
            yield form
            yield base64.b64encode(form.encode()).decode().rstrip("=")


def _whole(secret: str) -> str:
    """A weak password may be part of a program's name: there it stays."""
    exact = re.escape(secret)
    return exact if len(secret) >= _STRONG else rf"(?<![\w-]){exact}(?![\w-])"


def _any_of(
    words: Iterable[str], pattern: Callable[[str], str] = re.escape
) -> re.Pattern[str] | None:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(pattern, longest_first))) if longest_first else None
