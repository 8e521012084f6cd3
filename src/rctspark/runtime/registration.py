"""Plans are registered once, before outcomes are seen, and never taken back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rctspark.config.plan.difference import find_differences
from rctspark.contracts import (
    DURATION_ESTIMATES,
    EFFECTS,
    PERSON_MONTH,
    PERSON_OUTCOME,
    REGISTRATIONS,
)
from rctspark.contracts.registration import Registration, Standing, mark_of
from rctspark.errors import PlanError
from rctspark.runtime.releases import code_version

if TYPE_CHECKING:
    from rctspark.runtime.run import Run

OUTCOMES = (PERSON_MONTH, PERSON_OUTCOME, EFFECTS, DURATION_ESTIMATES)
"""Tables that hold outcomes, or what follows from them."""


def read_registrations(run: Run) -> tuple[Registration, ...]:
    """Read every registration of the run's experiment, the oldest first."""
    rows = run.store.log_rows(run.experiment, REGISTRATIONS)
    found = [Registration(**row) for row in rows]
    return tuple(sorted(found, key=lambda one: one.registered_at))


def register(run: Run) -> Registration | None:
    """Register the run's plan, unless it is the one registered last.

    Args:
        run: The run.

    Returns:
        The registration; None: the plan registered last says the same.
    """
    added: list[Registration] = []

    def decide() -> list[dict[str, Any]]:
        known = read_registrations(run)
        if not known or known[-1].plan_hash != run.plan.hash:
            added.append(_registration(run))
        return [asdict(one) for one in added]

    run.store.add(run.experiment, REGISTRATIONS, decide)
    return added[0] if added else None


def require_registration(run: Run) -> Registration | None:
    """Return the registration that stands, for a job that analyses outcomes.

    Args:
        run: The run.

    Returns:
        The registration made last; None: there is none, and the settings let results
        be marked so.

    Raises:
        PlanError: There is none, and the settings refuse that.
    """
    known = read_registrations(run)
    last = known[-1] if known else None
    if last is None and run.settings.unregistered == "refuse":
        raise PlanError(
            f"Plan {run.plan.name} was never registered, and conf/ says to refuse "
            "(unregistered: refuse): register it with jobs/register_plan.py, before "
            "anybody sees outcomes."
        )
    mark = mark_of(run.plan.hash, last.plan_hash if last else None)
    how = "; jobs/register_plan.py puts it on record" if last is None else ""
    run.log.say(f"{run.job}: plan {run.plan.name} stands as {mark}{how}")
    return last


def standing_of(run: Run, registered_hash: str | None) -> Standing:
    """Say how the run's plan stood when results were made.

    Args:
        run: The run.
        registered_hash: Digest of the plan registered last by then, as the release of
            the results says; None: none was.

    Returns:
        The mark, the registration, and where the plan differs from it.
    """
    mark = mark_of(run.plan.hash, registered_hash)
    if registered_hash is None:
        return Standing(mark)
    known = [r for r in read_registrations(run) if r.plan_hash == registered_hash]
    registration = known[-1]
    different = find_differences(registration.plan_text, run.plan)
    return Standing(mark, registration, different)


def _registration(run: Run) -> Registration:
    names = {f"{run.experiment}/{table.name}" for table in OUTCOMES}
    seen = [
        release.released_at
        for release in run.store.releases(run.experiment)
        if names & set(release.versions)
    ]
    return Registration(
        experiment=run.plan.name,
        plan_hash=run.plan.hash,
        plan_text=run.plan.text,
        registered_at=datetime.now(UTC),
        code_version=code_version(),
        outcomes_released_at=min(seen, default=None),
    )
