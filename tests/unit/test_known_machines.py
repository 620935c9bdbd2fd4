"""Which machine answers under which name: believed at first, compared ever after."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from checkouts import Checkout

from socle.baseline import known_machines
from socle.baseline.known_machines import KnownMachines, Stranger
from socle.errors import BadPractice

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
ONE, OTHER, THIRD = "1" * 32, "2" * 32, "3" * 32
AT_HOME = """
all:
  children:
    workstations:
      hosts:
        desk: {ansible_connection: local}
"""
pytestmark = [
    pytest.mark.usefixtures("own_places"),
    pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens"),
]


@pytest.fixture
def known(toy):
    return KnownMachines(toy.folder)


def named(toy, machine_id):
    return known_machines.identity(toy.id, machine_id)


def test_the_first_contact_is_noted_and_said_once(toy, known):
    assert known.meet("desk", ONE)
    assert not known.meet("desk", ONE)
    assert not KnownMachines(toy.folder).meet("desk", ONE)
    assert known_machines.read(toy.folder) == {"desk": named(toy, ONE)}
    assert ONE not in (toy.folder / "known_machines").read_text()
    toy.load()  # nothing of this disturbs the practice


def test_another_machine_under_a_known_name_is_a_stranger(toy, known):
    known.meet("desk", ONE)
    with pytest.raises(Stranger, match="desk is another machine than the one in") as said:
        KnownMachines(toy.folder).meet("desk", OTHER)
    assert str(said.value).endswith("socle machine accept inventories/p desk")
    assert known_machines.read(toy.folder) == {"desk": named(toy, ONE)}


def test_one_machine_under_two_names_is_a_stranger(toy, known):
    known.meet("desk", ONE)
    with pytest.raises(Stranger, match="lab is the machine that is known as desk") as said:
        known.meet("lab", ONE)
    assert "systemd-machine-id-setup" in str(said.value)  # two machines from one disk
    known.meet("lab", OTHER)
    with pytest.raises(Stranger, match="lab is the machine that is known as desk"):
        known.meet("lab", ONE)


def test_a_plan_notes_nothing_and_sees_the_same(toy):
    plan = KnownMachines(toy.folder, keep=False)
    assert not plan.meet("desk", ONE)
    with pytest.raises(Stranger, match="known as desk"):
        plan.meet("lab", ONE)
    assert not (toy.folder / "known_machines").exists()


@pytest.mark.parametrize("answer", [None, "", "uninitialized", "0" * 32, "é" * 32, ONE[:-1]])
def test_what_is_no_machine_id_is_said(known, answer):
    with pytest.raises(Stranger, match="desk has no machine-id") as said:
        known.meet("desk", answer)
    assert "systemd-machine-id-setup" in str(said.value)
    assert not known.meet("desk", answer, local=True)  # who sits at it knows which it is


def test_this_very_computer_may_have_several_names_but_no_other_machine_has(toy, known):
    known.meet("desk", ONE, local=True)
    known.meet("lab", ONE, local=True)
    with pytest.raises(Stranger):
        known.meet("store", ONE)
    with pytest.raises(Stranger):
        known.meet("lab", OTHER, local=True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("desk", "expected HOST and 32 hexadecimal digits, or no such line, read 'desk'"),
        ("<<<<<<< HEAD", "expected HOST and 32 hexadecimal digits"),
        ("desk\x1b[31m " + ONE, r"read 'desk\x1b[31m "),
        ("lab " + OTHER, "expected one line a host, read lab"),
    ],
)
def test_a_damaged_line_is_refused_with_its_number(toy, known, line, expected):
    toy.write("known_machines", f"# a comment\nlab {ONE}\n\n{line}\n")
    [problem] = toy.problems()
    assert problem.startswith("known_machines:4: known_machines: ")
    assert expected in problem
    with pytest.raises(BadPractice):
        known.meet("store", THIRD)


def _meet(words: tuple[Path, int]) -> bool:
    folder, number = words
    return KnownMachines(folder).meet(f"host{number}", f"{number:032x}")


def test_runs_at_once_lose_nothing(toy):
    meetings = [(toy.folder, number) for number in range(1, 41)]
    with ProcessPoolExecutor(4) as processes, ThreadPoolExecutor(4) as threads:
        found = [*processes.map(_meet, meetings[:20]), *threads.map(_meet, meetings[20:])]
    assert all(found)
    assert len(known_machines.read(toy.folder)) == 40


def test_a_file_that_cannot_be_written_costs_a_sentence(toy, known, monkeypatch, capfd):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("socle.evidence.files.replace", full)
    assert not known.meet("desk", ONE)
    assert "a new machine is not noted: No space left" in capfd.readouterr().err
    with pytest.raises(Stranger):
        known.meet("lab", ONE)


# --- as an operator meets it ------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path / "checkout")


def test_a_verification_judges_no_stranger(checkout):
    checkout.write("inventories/toy/known_machines", f"accueil {ONE}\n")
    done = checkout.verify("--control", "toy-settings", "--limit", "accueil", "--limit", "medecin")
    assert done.returncode == 4, done
    said = " ".join(done.stdout.split())
    assert "accueil is another machine than the one in inventories/toy/known_machines" in said
    assert "medecin" in (checkout.root / "inventories/toy/known_machines").read_text()


def test_accepting_shows_old_and_new_and_asks(toy, socle):
    toy.write("hosts.yml", AT_HOME)
    toy.write("known_machines", f"desk {ONE}\n")
    words = ("machine", "accept", "inventories/p", "desk")
    assert "expected --yes, or a terminal" in socle(*words, code=2)
    said = socle(*words, "--yes")
    assert f"known:     {ONE}" in said
    own = Path("/etc/machine-id").read_text().strip()
    assert f"answers:   {named(toy, own)}" in said
    assert known_machines.read(toy.folder) == {"desk": named(toy, own)}
    assert "nothing to do" in socle(*words)
    assert named(toy, own) in socle("machine", "list", "inventories/p")
    assert "expected a host (desk), read laptop" in socle(*words[:3], "laptop", code=2)


def test_a_renamed_machine_keeps_one_name(toy, known):
    known.meet("desk", ONE)
    known_machines.accept(toy.folder, "lab", named(toy, ONE))
    assert known_machines.read(toy.folder) == {"lab": named(toy, ONE)}


def test_a_known_machine_that_no_file_names_any_more_is_asked_about(toy, known, socle):
    known.meet("store", OTHER)
    known.meet("desk", ONE)
    assert toy.load().questions == ()
    toy.write("hosts.yml", (toy.folder / "hosts.yml").read_text().replace("desk:", "bureau:"))
    [question] = toy.load().questions
    assert str(question).startswith("inventories/p/known_machines:2: desk: expected this host in")
    said = socle("check", "inventories/p", code=3)
    assert "socle machine accept inventories/p NEW-NAME" in said
    assert "socle machine forget inventories/p desk" in said


def test_a_machine_that_has_left_is_forgotten_and_no_other(toy, known, socle):
    known.meet("desk", ONE)
    known.meet("laptop", OTHER)
    words = ("machine", "forget", "inventories/p")
    assert "machine accept inventories/p desk" in socle(*words, "desk", code=2)
    assert "expected a known machine (desk, laptop), read lapto" in socle(*words, "lapto", code=2)
    assert "no longer known" in socle(*words, "laptop")
    assert known_machines.read(toy.folder) == {"desk": named(toy, ONE)}
    assert "fine" in socle("check", "inventories/p")


@pytest.fixture
def at_home(toy):
    """A practice whose one machine is this computer, known as another one."""
    toy.write("hosts.yml", AT_HOME)
    shutil.copy(ROOT / "inventories/local/inventory.py", toy.folder)
    (toy.root / ".venv").symlink_to(sys.prefix)  # for whoever runs the inventory as a script
    toy.write("known_machines", f"desk {ONE}\n")
    return toy


def engine(toy, code, program, *words):
    done = subprocess.run(
        [BIN / program, *words],
        cwd=toy.root,
        env={**os.environ, "ANSIBLE_ACTION_PLUGINS": str(ROOT / "action_plugins")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, done.stdout
    assert "Traceback" not in done.stdout
    return " ".join(done.stdout.split())


def test_pyinfra_leaves_a_stranger_out(at_home, socle):
    at_home.write("/deploy.py", "from socle.apply import observed\nobserved()\n")
    words = ("pyinfra", "inventories/p/inventory.py", "deploy.py")
    for option in ("-y", "--dry"):
        said = engine(at_home, 1, *words, option)
        assert said.count("desk is another machine than the one in") == 1, said
    socle("machine", "accept", "inventories/p", "desk", "--yes")
    engine(at_home, 0, *words, "-y")
    (at_home.folder / "known_machines").unlink()
    engine(at_home, 0, *words, "--dry")
    assert not (at_home.folder / "known_machines").exists()
    assert "is known from now on" in engine(at_home, 0, *words, "-y")


def test_ansible_leaves_a_stranger_out(at_home, socle):
    play = "- hosts: all\n  gather_facts: false\n  tasks:\n    - known_machine:\n"
    at_home.write("/play.yml", play)
    words = ("ansible-playbook", "-i", "inventories/p/inventory.py", "play.yml")
    for option in ("--diff", "--check"):
        said = engine(at_home, 4, *words, option)
        assert "desk is another machine than the one in" in said
        assert "unreachable=1" in said
    socle("machine", "accept", "inventories/p", "desk", "--yes")
    assert "changed=0" in engine(at_home, 0, *words)
    (at_home.folder / "known_machines").unlink()
    engine(at_home, 0, *words, "--check")
    assert not (at_home.folder / "known_machines").exists()
    engine(at_home, 0, *words)
    assert "desk" in known_machines.read(at_home.folder)


def test_the_hosts_of_a_pyinfra_run_do_not_wait_for_each_other(toy):
    """gevent closes a folder later than it was asked to: a lock must not wait for that."""
    program = (
        "from gevent import monkey; monkey.patch_all()\n"
        "import gevent, pathlib\n"
        "from socle.baseline.known_machines import KnownMachines\n"
        "known = KnownMachines(pathlib.Path('inventories/p'))\n"
        "hosts = [gevent.spawn(known.meet, f'h{n}', f'{n:032x}') for n in range(1, 9)]\n"
        "gevent.joinall(hosts)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=toy.root, check=True, timeout=60)
    assert len(known_machines.read(toy.folder)) == 8


def test_ansible_without_the_practice_s_inventory_says_which_one_to_use(tmp_path):
    file = tmp_path / "hosts.yml"
    file.write_text(AT_HOME)
    done = subprocess.run(
        [BIN / "ansible-playbook", "-i", file, "site.yml", "--check"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Use inventories/PRACTICE/inventory.py as inventory" in done.stdout
