"""The generated pages: all that the rooms say, in the names that the reports use."""

from typing import Any

import pytest

from socle.baseline import rooms
from socle.baseline.catalogue import controls_page, settings_page
from socle.commands.upkeep import generate, lint
from socle.report.labels import HOUSE as LABELS

THIN, NBSP = "\u202f", "\u00a0"


def test_controls_in_english(toy: Any) -> None:
    page = controls_page(rooms.find(toy.root), "en", LABELS)
    assert "## Room `toy`\n\n### The toy is locked\n\n- Identifier: `toy-lock`\n" in page
    assert "- Severity: High\n- Machines: All machines\n- References: CNIL 2024: 6.1\n" in page
    assert "- Answers: « ouvert »\n- Verified, not enforced: nothing can be enforced" in page
    assert page.endswith("personal data, 2024 edition\n"), "only the sources that are cited"


def test_controls_in_french_are_typeset(toy: Any) -> None:
    text = (toy.root / "roles/toy/controls.yml").read_text()
    text = text.replace("Le jouet est verrouillé", "Jouet : l'ours est verrouillé")
    text = text.replace('["6.1"]}', '["6.1"], rgpd: ["32"]}')
    toy.write("/roles/toy/controls.yml", text)
    page = controls_page(rooms.find(toy.root), "fr", LABELS)
    assert f"### Jouet{NBSP}: l\u2019ours est verrouillé\n" in page
    assert f"- Gravité{NBSP}: Élevée\n- Machines{NBSP}: Toutes les machines\n" in page
    assert f"CNIL 2024{NBSP}: 6.1{THIN}; RGPD{NBSP}: 32\n" in page
    assert f"- Répond à{NBSP}: «{NBSP}ouvert{NBSP}»\n" in page


def test_a_page_without_references_names_no_source(toy: Any) -> None:
    text = (toy.root / "roles/toy/controls.yml").read_text()
    toy.write("/roles/toy/controls.yml", text.replace('{cnil_guide_2024: ["6.1"]}', "{}"))
    page = controls_page(rooms.find(toy.root), "en", LABELS)
    assert "Sources" not in page
    assert "References" not in page


@pytest.mark.parametrize(
    "row",
    [
        "| `toy_idle` | a whole number from 10 to 900 | `300` | lower it "
        "| Seconds without input. |",
        "| `toy_lock` | true or false | `true` | switch it on |  |",
        "| `toy_allowed` | a list, each text | `[a, b, c]` | leave members out |  |",
        "| `toy_level` | one of: weak, medium, strict | `medium` "
        "| move to the right: weak, medium, strict |  |",
        "| `toy_password` | text; secret: in `secrets.yml` only | not set | choose freely |  |",
        "| `protocol` | one of: tcp, udp | required | Transport. |",
        "| `ansible_port` | a whole number from 1 to 65535 | `22` | choose freely "
        "| Port of the SSH server. |",
    ],
)
def test_settings(toy: Any, row: str) -> None:
    assert f"\n{row}\n" in settings_page(rooms.find(toy.root))


def test_a_table_is_not_broken_by_a_bar(toy: Any) -> None:
    text = (toy.root / "roles/toy/settings.py").read_text()
    toy.write("/roles/toy/settings.py", text.replace("without input", "without a | b"))
    assert "Seconds without a \\| b." in settings_page(rooms.find(toy.root))


def test_pages_are_written_once_and_their_age_is_noticed(
    toy: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint(toy.root) == 2
    pages = ["docs/fr/controles.md", "docs/en/controls.md", "docs/en/settings.md"]
    said = capsys.readouterr().err
    assert all(f"{page}: stale, run make generate" in said for page in pages)
    generate(toy.root)
    said = capsys.readouterr().out
    assert all(f"wrote {page}\n" in said for page in pages)
    assert lint(toy.root) == 0
    capsys.readouterr()
    generate(toy.root)
    assert capsys.readouterr().out == "", "nothing to write again"
    text = (toy.root / "roles/toy/controls.yml").read_text()
    toy.write("/roles/toy/controls.yml", text.replace("The toy is open", "The toy is wide open"))
    assert lint(toy.root) == 2
    assert capsys.readouterr().err.endswith("docs/en/controls.md: stale, run make generate\n")
