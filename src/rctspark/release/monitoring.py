"""The page of a trial while it runs, for those who run it: inside only."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from rctspark.contracts.monitoring import RECENT_DAYS, SERVED
from rctspark.release.folder import replace_folder
from rctspark.release.labels import Labels
from rctspark.release.templates import fill_template
from rctspark.release.wording import p_relation, ratio_words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rctspark.config.plan import Plan
    from rctspark.contracts.monitoring import Agreement, Service, TrialState

PAGE = "index.html"
EVERYWHERE = "all"
COUNTED = ("persons", "recent")
Located = TypeVar("Located", "Agreement", "Service")


class ArmInflow(NamedTuple):
    """One arm's inflow so far.

    Attributes:
        arm: The arm.
        persons: Enrolled so far.
        recent: Of them, in the last RECENT_DAYS days known.
        needed: By the last day of enrolment; None: the plan asks for no number.
        expected: Enrolled by then if inflow goes on as in the last RECENT_DAYS days;
            None: the plan has no last day, or inflow began less than so long ago.
    """

    arm: str
    persons: int
    recent: int
    needed: int | None
    expected: int | None


class SiteInflow(NamedTuple):
    """Inflow of one site so far, arms in the order of the plan."""

    site: str
    persons: list[int]
    recent: list[int]


class SiteAgreement(NamedTuple):
    """How the lists of one site agree with the rule.

    Attributes:
        site: Office or municipality; empty: one site.
        persons: Enrolled.
        discordant: Recorded in another arm than the rule gives.
        moved: On lists of more than one arm.
        unlisted: On no list yet.
    """

    site: str
    persons: int
    discordant: int
    moved: int
    unlisted: int


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
    agreement = site_agreement(_in_order(state.agreement, plan))
    services = _in_order(state.services, plan)
    values = {
        "state": state,
        "plan": plan,
        "labels": Labels(plan),
        "arms": arm_inflow(state, plan),
        "months": month_inflow(state, plan),
        "places": site_inflow(state, plan),
        "recent_days": RECENT_DAYS,
        "sizes": _size_words(state, plan),
        "last_day": _last_day(plan),
        "agreement": agreement,
        "discordant": [a for a in _in_order(state.agreement, plan) if _differs(a)],
        "n_discordant": sum(a.discordant for a in agreement),
        "n_moved": sum(a.moved for a in agreement),
        "n_unlisted": sum(a.unlisted for a in agreement),
        "sites": by_site([*sum_sites(services), *services]),
        "everywhere": EVERYWHERE,
        "served": SERVED,
    }
    filters = {"p": p_relation, "share": _share, "day": Labels(plan).day}
    return fill_template("monitoring.html", values, filters=filters)


def arm_inflow(state: TrialState, plan: Plan) -> list[ArmInflow]:
    """Hold the inflow so far, and at its present pace, against the numbers needed.

    Args:
        state: What is known.
        plan: The analysis plan.

    Returns:
        One row per arm, in the order of the plan.
    """
    needed, clock = plan.monitoring.needed, plan.population.clock
    days_left = None
    if clock is not None and (state.known_until - clock.first).days >= RECENT_DAYS - 1:
        days_left = max((clock.last - state.known_until).days, 0)
    rows = []
    for arm in plan.arms.all:
        mine = [i for i in state.inflow if i.arm == arm]
        persons, recent = (sum(getattr(i, n) for i in mine) for n in COUNTED)
        expected = None
        if days_left is not None:
            expected = persons + round(recent * days_left / RECENT_DAYS)
        rows.append(ArmInflow(arm, persons, recent, needed.get(arm), expected))
    return rows


def site_inflow(state: TrialState, plan: Plan) -> list[SiteInflow]:
    """Lay out the inflow by site.

    Args:
        state: What is known.
        plan: The analysis plan.

    Returns:
        One row per site, those of the plan first and in its order; none where there
        is one site.
    """
    found = {i.site for i in state.inflow}
    sites = [*plan.population.sites, *sorted(found - {*plan.population.sites})]
    if len(sites) < 2:  # noqa: PLR2004 (one site is its own sum)
        return []
    return [
        SiteInflow(
            site,
            *([_sum(state, site, arm, n) for arm in plan.arms.all] for n in COUNTED),
        )
        for site in sites
    ]


def _size_words(state: TrialState, plan: Plan) -> str:
    if state.sample_ratio_p is None and plan.assignment.shares:
        return "Too few are enrolled to test the sizes of the arms."
    return ratio_words(state.sample_ratio_p)


def _in_order(rows: Iterable[Located], plan: Plan) -> list[Located]:
    """Put rows in the plan's order of sites; within a site they stay in theirs."""
    places = {site: place for place, site in enumerate(plan.population.sites)}
    return sorted(rows, key=lambda row: (places.get(row.site, len(places)), row.site))


def _sum(state: TrialState, site: str, arm: str, name: str) -> int:
    return sum(getattr(i, name) for i in state.inflow if (i.site, i.arm) == (site, arm))


def _last_day(plan: Plan) -> str:
    clock = plan.population.clock
    return "" if clock is None else Labels(plan).day(clock.last)


def site_agreement(agreement: Iterable[Agreement]) -> list[SiteAgreement]:
    """Add up by site how the lists agree with the rule.

    Args:
        agreement: By site, arm of the rule and arm as recorded.

    Returns:
        One row per site, in the order in which they come.
    """
    grouped: dict[str, list[Agreement]] = {}
    for one in agreement:
        grouped.setdefault(one.site, []).append(one)
    return [
        SiteAgreement(
            site,
            persons=sum(a.persons for a in mine),
            discordant=sum(a.persons for a in mine if _differs(a)),
            moved=sum(a.moved for a in mine),
            unlisted=sum(a.persons for a in mine if not a.arm_recorded),
        )
        for site, mine in grouped.items()
    ]


def _differs(one: Agreement) -> bool:
    return bool(one.arm_by_rule) and one.arm_recorded not in ("", one.arm_by_rule)


def month_inflow(state: TrialState, plan: Plan) -> list[MonthInflow]:
    """Lay out the inflow by month.

    Args:
        state: What is known.
        plan: The analysis plan.

    Returns:
        One row per month in which anybody entered.
    """
    counts: Counter[tuple[dt.date, str]] = Counter()
    for one in state.inflow:
        counts[one.month, one.arm] += one.persons
    so_far = [0] * len(plan.arms.all)
    rows = []
    for month in sorted({i.month for i in state.inflow}):
        entered = [counts[month, arm] for arm in plan.arms.all]
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
    counted = ("due", *SERVED, "failed", "left", "outside", "held_over")
    sums = {name: sum(getattr(s, name) for s in services) for name in counted}
    return type(first)(site=EVERYWHERE, arm=first.arm, round=first.round, **sums)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "none"
