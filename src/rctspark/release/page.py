"""The report: one page that a person reads, offline, and pastes into another one."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from markupsafe import Markup

from rctspark.release.effect_tables import effect_tables, headline_table
from rctspark.release.figures import effect_figures
from rctspark.release.flow import draw_flow
from rctspark.release.folder import replace_folder
from rctspark.release.joint import shown_joint
from rctspark.release.labels import Labels, lower
from rctspark.release.power import shown_power
from rctspark.release.publication.sections import sections
from rctspark.release.publication.weights_words import INTRO
from rctspark.release.record_screening import screen_record
from rctspark.release.registration import difference_words, standing_words
from rctspark.release.sensitivity import PREFIX as SENSITIVITY
from rctspark.release.sensitivity import receipt_groups, sensitivity_figures
from rctspark.release.services import service_figures
from rctspark.release.signs import legend_of
from rctspark.release.subgroup_figures import PREFIX as SUBGROUPS
from rctspark.release.subgroup_figures import subgroup_figures
from rctspark.release.subgroups import family_tables, subgroup_tables
from rctspark.release.survival import shown_durations
from rctspark.release.tables import csv_bytes, released_tables
from rctspark.release.templates import fill_template
from rctspark.release.wording import (
    analysed_words,
    design_words,
    findings,
    p_relation,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rctspark.release.design import ShownArm
    from rctspark.release.drawing import Figure
    from rctspark.release.record import ReportRecord
    from rctspark.release.released import Release
    from rctspark.release.survival import ShownDuration

PAGE = "index.html"
FIGURES = "figures"
SERVICES = "services-"
TABLES = "tables"
FIRST_NUMBERED = 5
"""Sections up to the arms always stand on the page; what follows depends."""


def write_report(folder: Path, record: ReportRecord) -> Path:
    """Write the report of one run: page, figures, tables.

    Everything is screened first. The page refers to nothing outside its folder but
    the record's links; the same record gives the same bytes.

    Args:
        folder: `out/report/<experiment>`; what an earlier run left there goes.
        record: What the run found.

    Returns:
        The page, `index.html`. Figures lie beside it as SVG, PNG and CSV under
        `figures/`, tables as CSV under `tables/`.

    Raises:
        ContractError: There is nothing to report, or the record mixes analyses.
        DisclosureError: A table can't be made safe.
        StoreError: The folder holds files that this package did not write.
    """
    release = screen_record(record)
    durations = shown_durations(release, Labels(release.plan))
    curves = [one.figure for one in durations if one.figure is not None]
    figures = [
        draw_flow(release),
        *service_figures(release),
        *effect_figures(release),
        *sensitivity_figures(release),
        *subgroup_figures(release),
        *curves,
    ]
    if not release.design.funnel:
        figures = figures[1:]
    files = {PAGE: render_page(release, figures, durations).encode()}
    for figure in figures:
        files[f"{FIGURES}/{figure.name}.svg"] = figure.svg.encode()
        files[f"{FIGURES}/{figure.name}.png"] = figure.png
        data = figure.data.assign(**release.stamp)
        files[f"{FIGURES}/{figure.name}.csv"] = csv_bytes(data)
    for name, table in released_tables(release).items():
        files[f"{TABLES}/{name}.csv"] = csv_bytes(table)
    replace_folder(folder, files)
    return folder / PAGE


def render_page(
    release: Release,
    figures: Sequence[Figure],
    durations: Sequence[ShownDuration] = (),
) -> str:
    """Fill the template.

    Args:
        release: What may leave.
        figures: Drawn from it.
        durations: Its durations, laid out.

    Returns:
        The page as HTML, complete in itself.
    """
    labels = Labels(release.plan)
    tables = effect_tables(release, labels)
    panels = {o.name for o in release.plan.panel_outcomes}
    by_outcome = {f.name.removeprefix("by-horizon-"): f for f in figures}
    values = {
        "release": release,
        "plan": release.plan,
        "labels": labels,
        "findings": findings(release, labels),
        "analysed": analysed_words(release, labels),
        "design": design_words(release, labels),
        "arms": _arms(release),
        "sections": sections(release, labels),
        "number": partial(next, count(FIRST_NUMBERED)),
        "flow": next((f for f in figures if f.name == "flow"), None),
        "services": [f for f in figures if f.name.startswith(SERVICES)],
        "divided": [f for f in figures if f.name.startswith(SUBGROUPS)],
        "forests": [f for f in figures if f.name.startswith("effects-")],
        "fixed_tables": [t for t in tables if not t.outcome and not t.is_variant],
        "varied": [f for f in figures if f.name.startswith(SENSITIVITY)],
        "varied_tables": [t for t in tables if t.is_variant],
        "receipts": receipt_groups(release, labels),
        "receipt_signs": legend_of(labels, ()),
        "courses": [
            (
                name,
                by_outcome.get(name),
                [t for t in tables if t.outcome == name and not t.is_variant],
            )
            for name in (o.name for o in release.plan.outcomes)
            if name in panels
        ],
        "headlines": headline_table(release, labels),
        "subgroups": subgroup_tables(release.effects, release.tests, labels),
        "families": family_tables(release.tests, labels),
        "durations": durations,
        "joint": shown_joint(release.joint, labels),
        "power": shown_power(release.power, labels),
        "in_words": release.findings.lines if release.findings else (),
        "links": _links(release),
        "weighted_words": INTRO[labels.language],
        "standing": standing_words(release.standing),
        "control": labels.of(release.plan.arms.control),
        "has_arms": len(release.plan.arms.treatments) > 1,
        "level": f"{release.plan.inference.level:.0%}",
        "FIGURES": FIGURES,
        "TABLES": TABLES,
    }
    filters = {
        "svg": Markup,
        "p": p_relation,
        "lower_first": lower,
        "difference": difference_words,
    }
    return fill_template("report.html", values, filters=filters, is_trimmed=False)


def _arms(release: Release) -> list[ShownArm]:
    order = release.plan.arms.all
    return sorted(release.design.arms, key=lambda arm: order.index(arm.arm))


def _links(release: Release) -> list[tuple[str, str, bool]]:
    """Return words, target and whether it can be followed without a network."""
    return [(words, to, "://" not in to) for words, to in release.links.items()]
