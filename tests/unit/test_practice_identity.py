"""practice.yml: which practice this is, whatever its folder is called."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from socle.baseline import about, evidence, load
from socle.errors import BadPractice, SocleError
from socle.evidence import store
from socle.evidence.principals import Vouched, of_machine, of_practice, parse
from socle.verify.memory import Memory

pytestmark = [
    pytest.mark.usefixtures("own_places"),
    pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens"),
]


@pytest.fixture
def fresh(toy):
    """A practice that nobody has worked with yet."""
    (toy.folder / "practice.yml").unlink()
    return toy


def test_a_practice_says_who_it_is(toy):
    toy.write(
        "practice.yml",
        f'name: Cabinet du Dr Martin\nid: "{toy.id}"\ntime_zone: Indian/Reunion\n',
    )
    found = toy.load()
    assert (found.name, found.title, found.id) == ("p", "Cabinet du Dr Martin", toy.id)
    assert found.time_zone == "Indian/Reunion"


def test_without_the_file_the_folder_names_it_and_reading_makes_nothing(fresh):
    found = fresh.load()
    assert (found.title, found.id, found.time_zone) == ("p", None, "Europe/Paris")
    assert evidence.read(fresh.folder).trust.signers == fresh.folder / "allowed_signers"
    assert not (fresh.folder / "practice.yml").exists()


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("id: 0123", 1, "id: expected"),
        ('id: "short"', 1, 'id: expected 16 hexadecimal digits in quotes, read "short"'),
        ("id:", 1, "id: expected"),
        ("---\ntime_zone: Europe", 2, "time_zone: expected a time zone such as Europe/Paris"),
        ("time_zone: Mars/Olympus", 1, "time_zone: expected a time zone"),
        ("time_zone: ../../etc/passwd", 1, "time_zone: expected a time zone"),
        ('name: "a\\nb"', 1, "name: expected a name on one line"),
        ("nom: Martin", 1, "nom: expected a known key"),
    ],
)
def test_mistakes_have_file_and_line(toy, text, line, expected):
    toy.write("practice.yml", text + "\n")
    [problem] = toy.problems()
    assert problem.startswith(f"practice.yml:{line}: {expected}")


def test_whoever_works_with_a_practice_makes_its_id_once(fresh, socle, capfd):
    fresh.write("practice.yml", "name: Cabinet Martin")
    assert "practice.yml: made, with the practice's own id" in socle("check", "inventories/p")
    once = (fresh.folder / "practice.yml").read_text()
    assert "practice.yml" not in socle("check", "inventories/p")
    assert (fresh.folder / "practice.yml").read_text() == once
    assert fresh.load().title == "Cabinet Martin"
    assert load(fresh.folder, identified=True).id == about.read(fresh.folder).id


def test_runs_at_once_make_one_id(fresh):
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(about.identify, [fresh.folder] * 8))
    assert made == {fresh.load().id}


def test_an_id_is_not_written_into_braces(fresh):
    fresh.write("practice.yml", "{name: Cabinet Martin}\n")
    with pytest.raises(SocleError, match=r"practice.yml: expected a line of its own: id: "):
        about.identify(fresh.folder)


def test_a_practice_with_mistakes_gets_no_id(fresh):
    fresh.write("host_vars/desk.yml", "toy_idle: 5\n")
    with pytest.raises(BadPractice):
        load(fresh.folder, identified=True)
    assert not (fresh.folder / "practice.yml").exists()


def test_a_folder_that_cannot_be_written_is_one_clear_error(fresh, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("socle.evidence.files.replace", full)
    with pytest.raises(SocleError, match="id there, once: No space left on device"):
        about.identify(fresh.folder)


# --- two folders, one id ----------------------------------------------------------------------


def copy(toy, name):
    other = toy.root / name
    shutil.copytree(toy.folder, other)
    return other


def test_a_practice_made_as_a_copy_of_another_is_refused(toy, socle):
    socle("check", toy.folder)
    other = copy(toy, "inventories/martin")
    said = socle("check", other, code=2)
    assert "expected an id of its own, read that of inventories/p. If this is another" in said
    lines = (other / "practice.yml").read_text().splitlines()
    (other / "practice.yml").write_text("".join(f"{x}\n" for x in lines if "id:" not in x))
    socle("check", other)
    assert about.read(other).id != toy.id
    socle("check", toy.folder)


def test_two_clones_of_one_practice_are_one(toy, socle):
    socle("check", toy.folder)
    other = copy(toy, "elsewhere/p")
    socle("check", toy.folder)
    assert about.identify(other) == about.identify(toy.folder) == toy.id


def test_a_folder_of_the_same_name_with_other_machines_is_no_clone(toy, socle):
    socle("check", toy.folder)
    other = copy(toy, "elsewhere/p")
    hosts = (other / "hosts.yml").read_text()
    (other / "hosts.yml").write_text(hosts.replace("192.0.2.", "198.51.100."))
    with pytest.raises(SocleError, match="expected an id of its own"):
        about.identify(other)


def test_a_practice_may_move(toy, socle):
    socle("check", toy.folder)
    moved = toy.folder.rename(toy.root / "inventories/martin")
    assert about.identify(moved) == toy.id


# --- what goes by the id ----------------------------------------------------------------------


def test_two_practices_of_one_folder_name_never_meet(toy, tmp_path, socle):
    other = copy(toy, "elsewhere/p")
    (other / "practice.yml").write_text('id: "fedcba9876543210"\n')
    here, there = evidence.read(toy.folder), evidence.read(other)
    assert here.history != there.history
    assert here.signing_key != there.signing_key
    first, second = load(toy.folder), load(other, root=toy.root)
    assert Memory.of(first)._folder != Memory.of(second)._folder
    for folder in (toy.folder, other):
        socle("evidence", "keygen", folder, "--principal=it@exemple.fr", "--no-passphrase")
    ours = (toy.folder / "allowed_signers").read_text().split()[0]
    theirs = (other / "allowed_signers").read_text().split()[0]
    assert ours == f"practice:{toy.id}/it@exemple.fr"
    assert theirs == "practice:fedcba9876543210/it@exemple.fr"


def test_what_was_kept_by_the_folders_name_is_taken_over_once(fresh, capfd):
    run = {"hosts": [{"name": "desk"}]}
    kept = store.operator_state() / "history/p/20260101T000000Z-run.json"
    key = store.operator_config() / "keys/p"
    for file, text in (
        (kept, json.dumps(run)),
        (key, "private"),
        (key.with_name("p.pub"), "ssh-ed25519 AAAAkey p"),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    fresh.write("allowed_signers", 'it@p namespaces="x" ssh-ed25519 AAAAkey\n')
    own = about.identify(fresh.folder)
    settings = evidence.read(fresh.folder)
    assert (settings.history / kept.name).is_file()
    assert settings.signing_key.read_text() == "private"
    assert settings.signing_key.with_name(f"{own}.pub").is_file()
    assert not kept.parent.exists()
    assert not key.exists()
    assert not key.with_name("p.pub").exists()
    assert capfd.readouterr().err.count("now goes by the practice's id") == 2
    about.identify(fresh.folder)
    assert capfd.readouterr().err == ""


def test_what_another_practice_kept_under_the_name_stays(fresh):
    kept = store.operator_state() / "history/p/20260101T000000Z-run.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps({"hosts": [{"name": "elsewhere"}]}))
    key = store.operator_config() / "keys/p.pub"
    key.parent.mkdir(parents=True)
    key.write_text("ssh-ed25519 AAAAtheirs p")
    about.identify(fresh.folder)
    assert kept.is_file()
    assert key.is_file()


def test_a_principal_says_what_its_key_vouches_for():
    one = "0123456789abcdef"
    assert parse(of_practice(one, "it@exemple.fr")) == Vouched(one, "it@exemple.fr", None)
    assert parse(of_machine(one, "accueil")) == Vouched(one, None, "accueil")
    for text in ("it@exemple.fr", "accueil@p", f"machine:{one}", f"machine:{one}/a b", ""):
        assert parse(text) is None


def test_a_lost_id_is_not_made_anew_where_machines_are_known_by_it(fresh, socle):
    fresh.write("known_machines", f"desk {'1' * 32}\n")
    said = socle("check", "inventories/p", code=2)
    assert "expected the id that this practice had" in said
    assert not (fresh.folder / "practice.yml").exists()


def test_what_rooms_compute_has_the_id_from_the_first_time_on(fresh):
    first = load(fresh.folder, root=fresh.root, identified=True)
    again = load(fresh.folder, root=fresh.root, identified=True)
    assert first.id is not None
    assert first == again
