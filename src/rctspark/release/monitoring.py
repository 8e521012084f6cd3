"""The page of a trial while it runs, for those who run it: inside only."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from rctspark.contracts.monitoring import SERVED
from rctspark.release.folder import replace_folder
from rctspark.release.labels import Labels
from rctspark.release.templates import fill_template
from rctspark.release.wording import p_relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rctspark.config.plan import Plan
    from rctspark.contracts.monitoring import Service, TrialState

PAGE = "index.html"
EVERYWHERE = "all"


class ArmInflow(NamedTuple):
    """One arm's inflow so far; `needed` None: the plan asks for no number."""

    arm: str
    persons: int
    needed: int | None


class MonthInflow(NamedTuple):
    """Inflow of one month and the sum so far, arms in the order of the plan."""

    month: str
    persons: list[int]
    so_far: list[int]


def write_monitoring(folder: Path, state: TrialState, plan: Plan) -> Path:
    """Write the page of a trial as it was known on one day.

    The same state gives the same page. It shows small counts: it must not leave.

    Args:
        folder: `out/monitoring/<experiment>/<day>`.
        state: What is known.
        plan: The analysis plan.

    Returns:
        The page, `index.html`.

    Raises:
        StoreError: The folder holds files that this package did not write.
    """
    replace_folder(folder, {PAGE: render_monitoring(state, plan).encode()})
    return folder / PAGE


def render_monitoring(state: TrialState, plan: Plan) -> str:
    """Fill the template.

    Args:
        state: What is known.
        plan: The analysis plan.

    Returns:
        The page as HTML, complete in itself.
    """
    differ = [
        a
        for a in state.agreement
        if a.arm_by_rule and a.arm_recorded not in ("", a.arm_by_rule)
    ]
    values = {
        "state": state,
        "plan": plan,
        "labels": Labels(plan),
        "arms": arm_inflow(state, plan),
        "months": month_inflow(state, plan),
        "discordant": differ,
        "n_discordant": sum(a.persons for a in differ),
        "n_moved": sum(a.moved for a in state.agreement),
        "n_unlisted": sum(a.persons for a in state.agreement if not a.arm_recorded),
        "sites": by_site([*sum_sites(state.services), *state.services]),
        "everywhere": EVERYWHERE,
        "served": SERVED,
    }
    filters = {"p": p_relation, "share": _share}
    return fill_template("monitoring.html", values, filters=filters)


def arm_inflow(state: TrialState, plan: Plan) -> list[ArmInflow]:
    """Hold the inflow so far against the numbers needed.

    Args:
        state: What is known.
        plan: The analysis plan.

    Returns:
        One row per arm, in the order of the plan.
    """
    needed = plan.monitoring.needed
    return [
        ArmInflow(
            arm, sum(i.persons for i in state.inflow if i.arm == arm), needed.get(arm)
        )
        for arm in plan.arms.all
    ]


def month_inflow(state: TrialState, plan: Plan) -> list[MonthInflow]:
    """Lay out the inflow by month.

    Args:
        state: What is known.
        plan: The analysis plan.

    Returns:
        One row per month in which anybody entered.
    """
    counts = {(i.month, i.arm): i.persons for i in state.inflow}
    so_far = [0] * len(plan.arms.all)
    rows = []
    for month in sorted({i.month for i in state.inflow}):
        entered = [counts.get((month, arm), 0) for arm in plan.arms.all]
        so_far = [a + b for a, b in zip(so_far, entered, strict=True)]
        rows.append(MonthInflow(f"{month:%Y-%m}", entered, so_far))
    return rows


def sum_sites(services: Iterable[Service]) -> list[Service]:
    """Add up the services of all sites.

    Args:
        services: By site, arm and round.

    Returns:
        The sums by round and arm, at the site `all`; none where there is one site.
    """
    given = list(services)
    if len({s.site for s in given}) < 2:  # noqa: PLR2004 (one site is its own sum)
        return []
    ordered = sorted(given, key=_round_and_arm)
    return [_added(list(group)) for _, group in groupby(ordered, key=_round_and_arm)]


def by_site(services: Iterable[Service]) -> list[tuple[str, list[Service]]]:
    """Put the services of each site together, those of all sites first.

    Args:
        services: By site, arm and round.

    Returns:
        Site and its services, by round.
    """
    grouped: dict[str, list[Service]] = {}
    for service in services:
        grouped.setdefault(service.site, []).append(service)
    return list(grouped.items())


def _round_and_arm(service: Service) -> tuple[int, str]:
    return (service.round, service.arm)


def _added(services: Sequence[Service]) -> Service:
    first = services[0]
    counted = ("due", *SERVED, "failed")
    sums = {name: sum(getattr(s, name) for s in services) for name in counted}
    return type(first)(site=EVERYWHERE, arm=first.arm, round=first.round, **sums)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "none"
