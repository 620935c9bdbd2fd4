"""Every sentence of the reports, in French and in English.

Written with plain spaces and straight apostrophes; ``words`` returns them typeset. "one|many"
holds both numbers of a sentence, for ``socle.report.typography.count``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from socle.report import region_words, story_words
from socle.report.english import ENGLISH
from socle.report.french import FRENCH
from socle.report.typography import typeset

__all__ = ["LANGUAGES", "words"]

LANGUAGES: Mapping[str, Mapping[str, str]] = {
    "fr": FRENCH | region_words.FRENCH | story_words.FRENCH,
    "en": ENGLISH | region_words.ENGLISH | story_words.ENGLISH,
}


@cache
def words(language: str) -> Mapping[str, str]:
    """The sentences of a language, typeset. ValueError: neither "fr" nor "en"."""
    if language not in LANGUAGES:
        raise ValueError(f"language: expected one of {sorted(LANGUAGES)}, read {language!r}")
    return {key: typeset(text, language) for key, text in LANGUAGES[language].items()}
