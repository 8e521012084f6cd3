"""Rows of the tables that let a reader check: fit to the target, bounds, models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.contracts.descriptives import BOUNDS, FIT
from rctspark.release.numerals import data_text, kept_decimals
from rctspark.release.publication.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.config.plan import BoundsTable, FitTable, ModelsTable
    from rctspark.contracts import Coefficient
    from rctspark.release.publication.rows import Book

METHODS = ("Lee", "Manski")
P_DECIMALS = 3
R_DECIMALS = 3
FIT_NUMBERS = ("statistic", "df", "p", "n")
BOUND_NUMBERS = ("effect", *BOUNDS, "n arm", "n against")
TERM_NUMBERS = ("estimate", "se", "p", "stars")
MODEL_NUMBERS = ("n", "r_squared", "adjusted_r_squared")


def fit_rows(table: FitTable, book: Book) -> tuple[Row, ...]:
    """Lay the tests of groups against the target out, one row per line and group.

    Args:
        table: The table.
        book: The results.

    Returns:
        Its rows; empty numbers where there was nothing to test.
    """
    rows = []
    for heading, line in table.lines.items():
        for group in table.groups:
            found = book.count(line.covariate or "", FIT, group)
            numbers = dict.fromkeys(FIT_NUMBERS, "")
            if found is not None and found.p_value is not None:
                numbers = {
                    "statistic": f"{found.statistic or 0.0:.{table.decimals}f}",
                    "df": str(found.df),
                    "p": f"{found.p_value:.{P_DECIMALS}f}",
                    "n": str(found.persons),
                }
            method = found.method if found is not None else ""
            named = {"characteristic": heading, "group": group, "method": method}
            rows.append(Row(named, numbers, {}))
    return tuple(rows)


def bounds_rows(table: BoundsTable, book: Book) -> tuple[Row, ...]:
    """Lay bounds out, one row per outcome, horizon, arm and method.

    Args:
        table: The table.
        book: The results.

    Returns:
        Its rows; none of a method that was not used.
    """
    rows = []
    for heading, line in table.lines.items():
        for horizon in line.horizons:
            for arm in book.plan.arms.treatments:
                for method in METHODS:
                    named = {
                        "label": heading,
                        "horizon": str(horizon),
                        "arm": arm,
                        "method": method,
                    }
                    at = (line.outcome, horizon, arm)
                    numbers = _bounds_of(table, book, at, method)
                    rows += [Row(named, numbers, {})] if numbers else []
    return tuple(rows)


def _bounds_of(
    table: BoundsTable, book: Book, at: tuple[str, int, str], method: str
) -> dict[str, str]:
    outcome, horizon, arm = at
    found = {
        word: book.count(outcome, f"{method} {word}", arm, horizon) for word in BOUNDS
    }
    values = {word: count.total or 0.0 for word, count in found.items() if count}
    if not values:
        return {}
    share = values.pop("trimmed")
    effect = book.effect(table.of, outcome, horizon, arm, table.model)
    if effect is not None:
        values["effect"] = effect.estimate
    numbers = dict.fromkeys(BOUND_NUMBERS, "") | {
        word: data_text(value * table.factor, table.decimals)
        for word, value in values.items()
    }
    numbers["trimmed"] = f"{100 * share:.0f}" if method == "Lee" else ""
    if effect is not None:
        numbers |= {"n arm": str(effect.n_arm), "n against": str(effect.n_against)}
    return numbers


def model_rows(table: ModelsTable, book: Book) -> tuple[Row, ...]:
    """Lay regressions out, one row per outcome, horizon, model and term.

    Args:
        table: The table.
        book: The results.

    Returns:
        Its rows; none of a regression that was not estimated.
    """
    return tuple(
        Row(
            {"label": heading, "horizon": str(c.horizon), "model": c.model}
            | {"term": c.term},
            term_numbers(table, c) | regression_numbers(c),
            {},
        )
        for heading, c in table_terms(table, book)
    )


def table_terms(table: ModelsTable, book: Book) -> Iterator[tuple[str, Coefficient]]:
    """Return the terms of a table, with the heading of their outcome.

    Args:
        table: The table.
        book: The results.

    Yields:
        Heading and coefficient, in the order of the rows.
    """
    for heading, outcome in table.lines.items():
        for horizon in table.horizons:
            for model, population in table.models.items():
                for term in book.terms(population, outcome, horizon, model):
                    yield heading, term


def term_numbers(table: ModelsTable, term: Coefficient) -> dict[str, str]:
    """Write a coefficient as a table prints it."""
    # A euro is a small unit: two digits of the standard error at least.
    places = max(table.decimals, kept_decimals(term.std_error, digits=2))
    values = (term.estimate, term.std_error)
    texts = [f"{round(v, places) + 0.0:.{places}f}" for v in values]
    told = (*texts, f"{term.p_value:.{P_DECIMALS}f}", table.sign(term.p_value))
    return dict(zip(TERM_NUMBERS, told, strict=True))


def regression_numbers(term: Coefficient) -> dict[str, str]:
    """Write what a regression as a whole has."""
    shares = (term.r_squared, term.adjusted_r_squared)
    texts = ["" if s is None else f"{s:.{R_DECIMALS}f}" for s in shares]
    return dict(zip(MODEL_NUMBERS, (str(term.n_total), *texts), strict=True))
