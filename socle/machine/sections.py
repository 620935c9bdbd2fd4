"""Answers of a host in sections: a line ``== NAME`` opens one, ``== end`` closes the last."""

from __future__ import annotations


def split(text: str, what: str) -> dict[str, str]:
    """The sections of an answer. Raises ValueError where it ends too early; ``what``: of what."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.split("\n"):  # a line of a machine's may hold other ends of lines
        if line.startswith("== "):
            lines = sections.setdefault(line[3:], [])
        else:
            lines.append(line)
    if "end" not in sections:
        raise ValueError(f"the answer about {what} is incomplete")
    return {name: "\n".join(said).strip() for name, said in sections.items()}
