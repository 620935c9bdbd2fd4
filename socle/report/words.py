"""Every sentence of the reports, in French and in English.

Written with plain spaces and straight apostrophes; ``words`` returns them typeset. "one|many"
holds both numbers of a sentence, for ``socle.report.typography.count``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from socle.report import region_words, story_words
from socle.report.english import ENGLISH
from socle.report.french import FRENCH
from socle.report.typography import typeset

__all__ = ["LANGUAGES", "Text", "words"]

LANGUAGES: Mapping[str, Mapping[str, str]] = {
    "fr": FRENCH | region_words.FRENCH | story_words.FRENCH,
    "en": ENGLISH | region_words.ENGLISH | story_words.ENGLISH,
}


@dataclass(frozen=True)
class Text:
    """A sentence or a name in both languages, written as the others are."""

    fr: str
    en: str

    def said(self, language: str) -> str:
        """The sentence in "fr" or "en", typeset."""
        return typeset(self.fr if language == "fr" else self.en, language)


@cache
def words(language: str) -> Mapping[str, str]:
    """The sentences of a language, typeset. ValueError: neither "fr" nor "en"."""
    if language not in LANGUAGES:
        raise ValueError(f"language: expected one of {sorted(LANGUAGES)}, read {language!r}")
    return {key: typeset(text, language) for key, text in LANGUAGES[language].items()}
