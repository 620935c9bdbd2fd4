"""A setting that is given to an engine, and stands in no file of the practice, is refused."""

import pytest

from socle.baseline.misplaced import misplaced

IDLE = "toy_idle: expected this setting in the practice's group_vars/ or host_vars/"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("toy_idle", IDLE),
        ("toy_password", "toy_password: expected this secret in the practice's secrets.yml"),
        ("toy_idel", "toy_idel: expected a known setting; did you mean toy_idle?"),
        ("toy_reached", "toy_reached: expected a known setting; did you mean toy_remote?"),
        ("toy_zz", "toy_zz: expected a known setting: toy_allowed, toy_banned, "),
        ("socle_giveup", "socle_giveup: expected a known setting; did you mean socle_give_up?"),
        ("socle_run", "socle_run: expected a known setting; did you mean socle_give_up?"),
        ("ansible_user", "ansible_user: expected this setting in the practice's group_vars/ or"),
    ],
)
def test_what_is_a_setting_or_named_like_one(toy, name, said):
    (sentence,) = misplaced(["other", name], toy.load().rooms)
    assert sentence.startswith(said)


def test_what_is_none(toy):
    given = ["socle_give_up", "mine", "toys", "ssh_user", "ansible_python_interpreter"]
    assert list(misplaced(given, toy.load().rooms)) == []
