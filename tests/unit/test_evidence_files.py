"""Folders that others fill: whatever they put there, the rest is found."""

import pytest

from socle.errors import SocleError
from socle.evidence import files
from socle.evidence.manifest import evidence


@pytest.mark.parametrize("levels", [40, 1500, 5000])
def test_a_folder_of_many_levels_hides_no_other(tmp_path, levels, deep_folder):
    deep_folder(tmp_path / "evil", levels)
    (tmp_path / "good/deeper").mkdir(parents=True)
    wanted = [tmp_path / "good/a", tmp_path / "good/deeper/b"]
    for file in wanted:
        file.touch()
    found, unsearched = files.below(tmp_path)
    assert found == wanted
    [reason] = unsearched.values()
    assert reason == "it lies in more than 32 folders: not searched"


def test_links_are_named_and_not_followed(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path)
    assert files.below(tmp_path) == ([tmp_path / "loop"], {})


def test_a_folder_that_is_not_there_is_told(tmp_path):
    _, unsearched = files.below(tmp_path / "gone")
    assert list(unsearched) == [tmp_path / "gone"]


def test_what_is_to_be_verified_is_not_empty_where_it_was_not_searched(tmp_path, deep_folder):
    deep_folder(tmp_path / "evil", 40)
    found, refused = evidence([tmp_path])
    assert found == []
    assert "not searched" in refused[0]
    (tmp_path / "empty").mkdir()
    with pytest.raises(SocleError, match="it is empty"):
        evidence([tmp_path / "empty"])
