"""Regressions side by side, as a reader of the report meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.release.disclosure import HIDDEN
from rctspark.release.numerals import MINUS
from rctspark.release.signs import level_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rctspark.config.plan import ModelsTable
    from rctspark.release.labels import Labels
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.publication.rows import Row

Group = tuple[str, tuple[tuple[str, ...], ...]]
ROWS_BELOW = {
    "n": "Persons",
    "r_squared": "R\N{SUPERSCRIPT TWO}",
    "adjusted_r_squared": "R\N{SUPERSCRIPT TWO}, adjusted",
}


def models_side_by_side(
    table: LaidTable, plan: ModelsTable, labels: Labels
) -> tuple[tuple[str, ...], tuple[Group, ...]]:
    """Lay a table of models out with a column per model.

    Args:
        table: The table, screened.
        plan: What the plan says of it.
        labels: Words.

    Returns:
        The heads; and per outcome and horizon a title and rows: a term with its
        coefficient, stars and standard error in each model, then n and R squared.
    """
    heads = ("Term", *(labels.of(model) for model in plan.models))
    parts: dict[tuple[str, str], list[Row]] = {}
    for row in table.rows:
        key = (row.headings["label"], row.headings["horizon"])
        parts.setdefault(key, []).append(row)
    groups = []
    for (heading, horizon), rows in parts.items():
        outcome = plan.lines[heading]
        title = f"{labels.of(outcome)}, {labels.horizon(outcome, int(horizon))}"
        groups.append((title, _rows_of(rows, plan, labels)))
    return heads, tuple(groups)


def _rows_of(
    rows: list[Row], plan: ModelsTable, labels: Labels
) -> tuple[tuple[str, ...], ...]:
    cells = {(r.headings["term"], r.headings["model"]): r.numbers for r in rows}
    first = {r.headings["model"]: r.numbers for r in reversed(rows)}
    lines = []
    for term in _terms_in_order(rows):
        told = [_cell(cells.get((term, model))) for model in plan.models]
        lines.append((term_words(term, labels), *told))
    for name, words in ROWS_BELOW.items():
        told = [first.get(model, {}).get(name, "") for model in plan.models]
        lines.append((words, *told))
    return tuple(lines)


def _terms_in_order(rows: list[Row]) -> list[str]:
    """Return every term once, columns of one covariate beside one another."""
    order: list[str] = []
    for row in rows:
        term = row.headings["term"]
        if term in order:
            continue
        owner = term.partition("=")[0]
        same = [i for i, t in enumerate(order) if t.partition("=")[0] == owner]
        order.insert(same[-1] + 1 if same else len(order), term)
    return order


def term_words(term: str, labels: Labels) -> str:
    """Return the words for a term: `Education: Middle`."""
    owner, _, category = term.partition("=")
    if not category:
        return labels.of(owner)
    return f"{labels.of(owner)}: {labels.of(category)}"


def _cell(numbers: Mapping[str, str] | None) -> str:
    if numbers is None:
        return ""
    if numbers["estimate"] == HIDDEN:
        return HIDDEN
    text = f"{numbers['estimate']}{numbers['stars']} ({numbers['se']})"
    return text.replace("-", MINUS)


def models_note(plan: ModelsTable, labels: Labels) -> str:
    """Say in which units coefficients are, and what the signs mean."""
    signs = "; ".join(level_words(level, labels) for level in plan.stars)
    return (
        f"Coefficient{' and sign' if signs else ''} (standard error, "
        f"{labels.plan.inference.covariance}), in the units of outcome and covariate; "
        "of a logit in log odds, R\N{SUPERSCRIPT TWO} McFadden's. Categories are "
        f"compared with the first of their covariate. {signs}{'.' * bool(signs)}"
    )
