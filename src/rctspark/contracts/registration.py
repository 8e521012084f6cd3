"""Plans that were registered, and how a plan that is run stands to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rctspark.contracts.table import Column, Table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

Mark = Literal["registered", "deviation", "unregistered"]
MARKS: tuple[Mark, ...] = ("registered", "deviation", "unregistered")
"""From the best to the worst: a report of several results bears the worst."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One row of REGISTRATIONS.

    Attributes:
        experiment: Name of the plan.
        plan_hash: Digest of the plan.
        plan_text: The plan in canonical form; the hash is its digest.
        registered_at: Moment of the registration (UTC).
        code_version: Version and digest of the package.
        outcomes_released_at: Moment of the experiment's first release with outcomes;
            None: there was none yet.
    """

    experiment: str
    plan_hash: str
    plan_text: str
    registered_at: dt.datetime
    code_version: str
    outcomes_released_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which a plan differs from the registered one.

    Attributes:
        key: The place, parts by name: `models.adjusted.covariates`.
        registered: What is registered there; empty: nothing.
        now: What the plan says; empty: nothing.
    """

    key: str
    registered: str
    now: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How the plan behind results stood to the registered ones when they were made.

    Attributes:
        mark: `registered`: as registered last; `deviation`: another was registered
            last; `unregistered`: none was registered.
        registration: The one registered last by then; None: none.
        differences: Where the plan differs from it.
    """

    mark: Mark = "unregistered"
    registration: Registration | None = None
    differences: tuple[Difference, ...] = ()


UNREGISTERED = Standing()
"""No plan of the experiment was registered."""


def mark_of(plan_hash: str, registered_hash: str | None) -> Mark:
    """Say how a plan stands to the one registered last.

    Args:
        plan_hash: Digest of the plan.
        registered_hash: Digest of the one registered last; None: none was.

    Returns:
        The mark.
    """
    if registered_hash is None:
        return "unregistered"
    return "registered" if plan_hash == registered_hash else "deviation"


def worst_standing(standings: Sequence[Standing]) -> Standing:
    """Return the standing that a report bears of which each part has its own.

    Args:
        standings: Of the parts, at least one.

    Returns:
        The first of those with the worst mark.
    """
    return max(standings, key=lambda one: MARKS.index(one.mark))


REGISTRATIONS = Table(
    name="registrations",
    grain="one row per registration of a plan that was not the one registered last",
    key=("experiment", "registered_at"),
    columns=(
        Column("experiment", "string", "Name of the plan."),
        Column("plan_hash", "string", "Digest of the plan."),
        Column(
            "plan_text",
            "string",
            "The plan in canonical form, without labels; the hash is its digest.",
        ),
        Column("registered_at", "timestamp", "Moment of the registration (UTC)."),
        Column("code_version", "string", "Version and digest of the package."),
        Column(
            "outcomes_released_at",
            "timestamp",
            "Moment of the experiment's first release with outcomes.",
            null_means="no outcome had been released when the plan was registered",
        ),
    ),
    is_log=True,
)
