"""``socle region`` as it is typed: who is expected, what is missing, and how it ends."""

import csv
import gzip

import pytest
import regions
from regions import command, machine, put

MARTIN, LOPEZ = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def real():
    return regions.real()


@pytest.fixture
def ask(tmp_path):
    """Calls the command for the region of this test."""

    def call(*words):
        return command(tmp_path / "region", "--state", tmp_path / "state", *words)

    return call


def kept(bundle):
    """A bundle by which everything holds, for ``--judge none``."""
    good = (one.model_copy(update={"verdict": "pass"}) for one in bundle.verdicts)
    return bundle.model_copy(update={"verdicts": tuple(good)})


def test_all_that_is_expected_is_there_and_holds(real, ask, tmp_path):
    put(tmp_path / "region", kept(machine(real, id_=MARTIN)))
    codes = tmp_path / "codes.yml"
    codes.write_text(f'"{MARTIN}": "31-0042"\n')
    done = ask("--judge", "none", "--codes", codes)
    assert "1 practices expected, 1 received, 0 silent" in done.stdout
    assert "0 judged again, 1 declared by the practice" in done.stdout
    assert done.returncode == 0


def test_silent_practices_and_misspelt_names_are_counted_and_named(real, ask, tmp_path):
    put(tmp_path / "region", kept(machine(real, "cabinet-martin", id_=MARTIN)))
    codes, page, table = tmp_path / "codes.yml", tmp_path / "page.html", tmp_path / "table.csv"
    codes.write_text('cabinet-matin: "31-0042"\ncabinet-lopez: "31-0043"\n')
    done = ask("--judge", "none", "--codes", codes, "--html", page, "--csv", table)
    assert "2 practices expected, 1 received, 2 silent" in done.stdout
    assert (
        "cabinet-matin: expected evidence of it, none counts; is it cabinet-martin" in done.stderr
    )
    assert "cabinet-lopez: expected evidence of it, none counts\n" in done.stderr
    assert done.returncode == 3
    plain = page.read_text().translate({0x202F: " ", 0xA0: " ", 0x2019: "'"})
    assert "2 cabinets attendus n'ont rien envoyé." in plain
    assert "31-0043" in plain
    assert "lopez" not in plain
    with table.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["practice"] == "31-0043"]
    assert {(row["machines"], row["newest_days"]) for row in rows} == {("0", "")}


@pytest.mark.parametrize(
    "bundles",
    [
        [{"days": 730}],
        [{"hosts": ("serveur",)}],
        [{}, {"days": 50, "host": "serveur"}],
    ],
    ids=["two years old", "declared, never sent", "one of two is old"],
)
def test_what_is_missing_is_never_all_good(real, ask, tmp_path, bundles):
    for how in bundles:
        put(tmp_path / "region", kept(machine(real, id_=MARTIN, **how)))
    done = ask("--judge", "none", "--csv", tmp_path / "table.csv")
    assert done.returncode == 3
    assert "unknown" in done.stdout
    with (tmp_path / "table.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    assert int(row["old"]) + int(row["silent"]) == 1
    assert int(row["unknown"]) == 1


def test_two_practices_of_one_name_are_said(real, ask, tmp_path):
    for of in (MARTIN, LOPEZ):
        put(tmp_path / "region" / of, kept(machine(real, id_=of)))
    done = ask("--judge", "none")
    assert "2 machines of 2 practices" in done.stdout
    assert "cabinet-martin: several practices have this name" in done.stderr
    assert done.returncode == 3


def test_evidence_that_went_back_in_time_is_told(real, ask, tmp_path):
    put(tmp_path / "region", kept(machine(real, id_=MARTIN, days=20)))
    newest = put(tmp_path / "region", kept(machine(real, id_=MARTIN)))
    assert ask("--judge", "none").returncode == 0
    newest.unlink()
    page = tmp_path / "page.html"
    done = ask("--judge", "none", "--html", page)
    assert "counts, and is older than before" in done.stderr
    assert done.returncode == 3
    assert "plus ancienne qu" in page.read_text()


def test_a_long_list_of_silent_machines_is_cut(real, ask, tmp_path):
    names = tuple(f"poste-{number:04}" for number in range(25))
    put(tmp_path / "region", kept(machine(real, id_=MARTIN, hosts=names)))
    done = ask("--judge", "none")
    assert "poste-0019 and 5 more, which sent no evidence" in done.stderr
    assert "poste-0020" not in done.stderr


def test_hostile_files_are_refused_by_name_and_the_others_are_judged(
    real, ask, tmp_path, deep_folder
):
    whole = gzip.decompress(put(tmp_path / "region", kept(machine(real))).read_bytes())
    answers = whole[: whole.index(b'"answers":[')] + b'"answers":['
    files = {
        "answers": answers + b"{}," * 4_000_000 + b"{}]}",
        "deep": answers + b"[" * 100_000,
        "date": whole.replace(b'"collected":"20', b'"collected":"21'),
        "year": whole.replace(b'"collected":"2026', b'"collected":"0001'),
        "until": whole.replace(b'"waivers":[]', WAIVER % b"never"),
    }
    for name, content in files.items():
        (tmp_path / "region" / f"{name}.bundle").write_bytes(gzip.compress(content))
    assert (tmp_path / "region/answers.bundle").stat().st_size < 40_000
    (tmp_path / "region/link.bundle").symlink_to("/etc/shadow")
    deep_folder(tmp_path / "region/evil", 1500)
    done = ask("--judge", "none")
    assert done.returncode == 2
    assert "1 machines of 1 practices" in done.stdout
    for name in (*files, "link"):
        assert f"{name}.bundle: " in done.stderr
    assert "more than 32 folders" in done.stderr
    assert "Traceback" not in done.stderr


WAIVER = (
    b'"waivers":[{"control":"x","hosts":[],"set":{},"reason":"","compensating":"",'
    b'"approved_by":"","until":"%s"}]'
)


def test_results_are_the_operators_alone_and_never_behind_a_link(real, ask, tmp_path):
    put(tmp_path / "region", machine(real))
    ask("--judge", "none")
    database = tmp_path / "state/region.sqlite"
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "state").iterdir())
    database.rename(tmp_path / "elsewhere.sqlite")
    database.symlink_to(tmp_path / "elsewhere.sqlite")
    assert ask("--judge", "none").returncode == 2
    database.unlink()
    (tmp_path / "state").chmod(0o777)
    done = ask("--judge", "none")
    assert done.returncode == 2
    assert "a folder that you alone can write" in done.stderr
