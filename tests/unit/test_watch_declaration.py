"""A declaration that a machine cannot read."""

import pytest

from socle.errors import SocleError
from socle.watch.declaration import read


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "socle-watch", "schema": 2}'])
def test_what_is_no_declaration_gets_one_sentence(tmp_path, text):
    place = tmp_path / "watch.json"
    place.write_text(text)
    with pytest.raises(SocleError, match="expected what Socle wrote there; deploy again"):
        read(place)
    with pytest.raises(SocleError, match=r"none\.json: cannot be read"):
        read(tmp_path / "none.json")
