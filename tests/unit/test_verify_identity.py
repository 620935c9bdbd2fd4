"""A machine's first answer: as much of it as anybody needs is read, however long it is."""

import shlex

from socle.baseline import releases
from socle.verify import identity


def test_long_answers_are_cut_before_they_are_read(monkeypatch):
    """shlex takes quadratic time: what is handed to it is short."""
    lengths = []

    def split(text):
        lengths.append(len(text))
        return [text]

    monkeypatch.setattr(shlex, "split", split)
    keys = "ssh-ed25519 AAAA\n" * 1000
    system = f'ID={"d" * 100_000}\nPRETTY_NAME="{"x" * 100_000}"'
    found = identity.read(f"== os\n{system}\n== machine\nab\n== keys\n{keys}== end\n")
    assert lengths
    assert max(lengths) <= identity.LONGEST_LINE
    assert len(found.os_name) == identity.LONGEST_NAME
    assert len(found.host_keys) == identity.MOST_KEYS
    assert releases.refused(found.system) is not None
