"""The region's page and its table: codes and counts, no names."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from markupsafe import Markup

import socle
from socle import harmless
from socle.region.tally import Tally
from socle.report import region_view as view
from socle.report.data import write_text
from socle.report.html import environment, resource
from socle.report.typography import count, grouped
from socle.report.words import words

COLUMNS = (
    "practice",  # its code
    "control",
    "severity",
    "theme",
    "machines",
    "pass",
    "fail",
    "waived",
    "not_applicable",
    "unknown",
    "newest_days",  # age of the practice's newest and oldest evidence that counts
    "oldest_days",
)
STYLES = ("report.css", "region.css")


def render_html(tally: Tally, origin: view.Origin, language: str = "fr") -> str:
    """The page, in French ("fr") or English ("en")."""
    text = words(language)
    lead = text["region_lead"].format(
        machines=count(text["region_machines"], tally.machines, language),
        practices=count(text["region_practices"], len(tally), language),
    )
    practices = view.practice_lines(tally, language)
    versions = view.version_lines(tally, origin.here, language)
    return (
        environment(language)
        .get_template("region.html.j2")
        .render(
            language=language,
            t=text,
            tally=tally,
            lead=lead if tally.machines else text["region_none"],
            state=view.state(tally, origin, language),
            how=view.how(tally, origin, language),
            controls=view.control_lines(tally, language),
            shown=view.SHOWN,
            practices=practices,
            signatures=origin.signatures,
            more_practices=len(tally) - len(practices),
            ages=view.age_lines(tally, language),
            versions=versions,
            more_versions=len(tally.versions) - len(versions),
            grouped=grouped,
            made=tally.now.isoformat(),
            socle=socle.__version__,
            style=Markup("".join(map(resource, STYLES))),  # noqa: S704 - our own
        )
    )


def write_html(tally: Tally, origin: view.Origin, path: Path, language: str = "fr") -> None:
    """Writes the page in one step, readable by its owner alone."""
    write_text(render_html(tally, origin, language), path)


def write_csv(tally: Tally, path: Path) -> None:
    """Writes a row for each practice and control (`COLUMNS`), readable by its owner alone."""
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\r\n")
    table.writerow(COLUMNS)
    controls = {control.id: control for control in tally.controls}
    for row in tally.rows():
        control, counts = controls[row.control], row.counts
        table.writerow(
            (
                harmless.cell(row.practice),
                harmless.cell(control.id),
                control.severity,
                harmless.cell(control.theme),
                sum(counts.values()),
                counts["pass"],
                counts["fail"],
                counts["waived"],
                counts["not-applicable"],
                counts["unknown"],
                row.newest,
                row.oldest,
            )
        )
    write_text(file.getvalue(), path)
