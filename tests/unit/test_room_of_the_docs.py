"""The room of docs/en/new-room.md, added to a copy of the checkout: nothing else is edited."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rooms import REPOSITORY, add, copied, core, of_the_page, python, socle

NAME, CONTROL = "redirects", "icmp-redirects-ignored"
PATIENTS = '''
    folders: Annotated[list[str], stricter("superset"), patient_data()] = ["/srv/redirects"]
    """Folders with patients' data, as an example."""
'''
ASKED = """
import json, sys
from pathlib import Path
from socle.baseline import load, packages
from socle.baseline.export import for_ansible, for_pyinfra
from socle.report import declared
from socle.verify.collect import redactor

demo, root = load(Path("inventories/demo")), Path.cwd()
hosts = [host for name in ("workstations", "servers") for host in for_pyinfra(demo)[name][0]]
packages.load(root, "redirects", "deploy")
print(json.dumps({
    "theme": declared.of(root).labels.theme("routing", "en"),
    "masked": redactor(demo).text("missing: /srv/redirects/DUPONT^JEAN.dcm"),
    "pyinfra": [data["redirects_accept"] for _, data in hosts],
    "ansible": [one["redirects_accept"] for one in for_ansible(demo)["_meta"]["hostvars"].values()],
}))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[Path]:
    """A checkout with the page's room, which names folders of patients besides."""
    files = of_the_page(REPOSITORY / "docs/en/new-room.md")
    settings = files["settings.py"].replace("stricter\n", "patient_data, stricter\n", 1)
    root = copied(tmp_path_factory.mktemp("added") / "house")
    before = core(root)
    add(root, NAME, files | {"settings.py": settings + PATIENTS})
    socle(root, "generate")
    yield root
    assert core(root) == before


def test_the_page_gives_every_file_of_a_room():
    engines = {"files.yml", "deploy.py", "tasks/main.yml"}
    assert {"controls.yml", "settings.py", "test_redirects.py"} | engines < {
        *of_the_page(REPOSITORY / "docs/en/new-room.md")
    }


def test_the_core_knows_what_the_room_declares(house):
    found = json.loads(python(house, "-c", ASKED))
    assert found["theme"] == "Routing"
    assert found["masked"] == "missing: /srv/redirects/••••"
    assert set(found["pyinfra"]) == {False}
    assert found["pyinfra"]
    assert found["ansible"] == [False] * 5
    for page in ("fr/controles.md", "en/controls.md"):
        assert CONTROL in (house / "docs" / page).read_text()
    assert "redirects_accept" in (house / "docs/en/settings.md").read_text()
    socle(house, "lint")
    socle(house, "check", "inventories/demo")
    assert "redirects_accept" in socle(house, "show", "inventories/demo", "accueil")


def test_a_verification_its_report_and_the_region_know_it(house, tmp_path):
    bundles, page, table = tmp_path / "bundles", tmp_path / "page.html", tmp_path / "table.csv"
    words = ("verify", "inventories/local", "--no-keep", f"--control={CONTROL}")
    socle(house, *words, "--evidence", bundles, "--html", page, ends=(0, 1, 3))
    assert "Les redirections ICMP sont ignor" in page.read_text()
    words = ("region", bundles, "--state", tmp_path / "state", "--csv", table)
    socle(house, *words, ends=(0, 1, 3))
    with table.open(newline="") as file:
        assert CONTROL in {row["control"] for row in csv.DictReader(file)}
