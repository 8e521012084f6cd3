"""The effect of receiving what an arm offers: two-stage least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.contracts.regression import (
    AndersonRubin,
    FirstStage,
    TreatmentOnTreated,
)
from rctspark.contracts.sums import ARM
from rctspark.errors import EstimationError
from rctspark.estimators.contrast import Contrast
from rctspark.estimators.itt import ROUNDING
from rctspark.estimators.regression.clustered import FEWEST_CLUSTERS, cluster_middle
from rctspark.estimators.regression.engine import (
    CLUSTERED,
    Step,
    about_the_mean,
    add_first,
    in_words,
    middle_faults,
    middle_of,
    refuse,
    within_of,
)
from rctspark.estimators.regression.linear import arm_check, interval, regression_of
from rctspark.estimators.regression.middle_sums import MiddleSums
from rctspark.estimators.regression.normal_equations import solve
from rctspark.estimators.regression.sources import receipt_name
from rctspark.estimators.regression.terms import make_terms
from rctspark.estimators.regression.two_stage import TwoStage
from rctspark.estimators.regression.weak_instruments import wald

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.config.plan import Inference, Model
    from rctspark.config.settings import Thresholds
    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.regression.engine import Regression
    from rctspark.estimators.regression.first_sums import GroupSums
    from rctspark.estimators.regression.middle_sums import Middle, MiddleTotals
    from rctspark.estimators.regression.terms import Terms
    from rctspark.estimators.regression.weak_instruments import ReducedForm

    Floats = NDArray[np.float64]

WEAK = 23.1
"""Montiel Olea and Pflueger's critical value: bias at most a tenth, 5 percent."""
RELEVANCE = 0.05
"""Assignment must move what is received by a test at this level."""
COVARIANCES = ("classical", "HC0", "HC1", "CR1")


@dataclass(frozen=True, slots=True)
class ReceiptEffects:
    """Effects of receipt, and what the instruments can carry.

    Attributes:
        contrasts: One per outcome and arm; estimand `att`.
        details: One per outcome.
    """

    contrasts: tuple[Contrast, ...]
    details: tuple[TreatmentOnTreated, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """What stays the same over the groups of outcomes."""

    source: SourceOfSums
    model: Model
    inference: Inference
    regression: Regression
    terms: Terms
    receipts: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One group's regressions and what the second pass is asked for them."""

    stages: TwoStage
    effects: Middle
    hausman: Middle | None
    reduced: Middle
    tried: list[Floats]
    redundancy: Middle | None
    step: Step


def estimate_att(
    source: SourceOfSums,
    *,
    model: Model,
    inference: Inference,
    thresholds: Thresholds,
    relevance: float = RELEVANCE,
) -> ReceiptEffects:
    """Estimate the effect of receiving what an arm offers, instead of control's.

    Receipt is instrumented by assignment, all arms in one regression. Without
    persons who receive something whatever their arm, it is the effect on those who
    received it (Imbens and Angrist 1994, doi:10.2307/2951620). Intervals and
    p-values of the effects are of the t distribution with n minus rank degrees of
    freedom; where instruments are weak, use the interval of Anderson and Rubin.

    Args:
        source: Persons, cells, or a table, with the model's receipts as columns.
            Outcomes may include receipts themselves; nothing is said of those.
        model: A model with estimator `iv`.
        inference: Covariance `classical`, `HC0`, `HC1` or `CR1`; level.
        thresholds: The data owner's; they hold where they are stricter.
        relevance: Level of the test that assignment moves receipt; 1: any is let
            through, which is for studies of weak instruments.

    Returns:
        Effects; first stages, Anderson and Rubin's intervals, Wu and Hausman's test.

    Raises:
        EstimationError: Assignment does not move what is received, and why that is
            said; receipt or a covariate is missing for someone; an arm has too few
            persons; the covariance is not known here.
    """
    faults = []
    if inference.covariance not in COVARIANCES:
        faults.append(f"covariance {inference.covariance} does not exist for iv")
    receipts = tuple(
        dict.fromkeys(
            receipt_name((name, model.receipt_horizon))
            for name in model.receipt.values()
        )
    )
    faults += [f"no column is called {r}" for r in receipts if r not in source.columns]
    if model.estimator != "iv":
        faults.append("it is not an iv model")
    if faults:
        raise EstimationError(f"model {model.name}: {'; '.join(faults)}")
    regression = regression_of(source, model, inference)
    with threadpool_limits(limits=1, user_api="blas"):
        columns = [(r,) for r in receipts]
        terms, place = make_terms(source, [*regression.terms, *columns])
        within = within_of(source, [regression], inference.covariance)
        sums = add_first(source, terms, within)
        task = _Task(source, model, inference, regression, terms, receipts)
        check = arm_check(source, inference, thresholds)
        asked = []
        for group in sums.groups:
            wanted = _without_receipts(task, group)
            if wanted is None:
                continue
            try:
                faults += check(wanted, 0)
                asked.append(_ask(task, wanted, place))
                faults += check(wanted, asked[-1].stages.rank)
            except EstimationError as refused:
                faults.append(f"{in_words(source, wanted.outcomes)}: {refused}")
        refuse([f"model {model.name}: {fault}" for fault in faults])
        found = _second_pass(task, asked)
        return _results(task, asked, found, relevance)


def _without_receipts(task: _Task, group: GroupSums) -> GroupSums | None:
    names = [receipt_name(o) for o in task.source.outcomes]
    wanted = np.array([o for o in group.outcomes if names[o] not in task.receipts])
    return group.of(wanted) if wanted.size else None


def _ask(task: _Task, group: GroupSums, place: dict[tuple[str, ...], int]) -> _Asked:
    whole = about_the_mean(group)
    fixed = [place[t] for t in task.regression.fixed]
    equations = solve(
        whole.products,
        weight=float(group.weight.sum()),
        largest=group.largest,
        fixed=fixed,
        free=[place[t] for t in task.regression.free],
        names=task.terms.names,
    )
    places = np.concatenate([equations.kept, [place[r,] for r in task.receipts]])
    clustered = task.inference.covariance in CLUSTERED
    stages = TwoStage(
        group=group,
        equations=equations,
        places=places,
        products=whole.products[np.ix_(places, places)],
        term_y=whole.term_y[places],
        instruments=len(fixed),
        receipts=len(task.receipts),
        strata=1 if clustered else int((group.weight > 0).sum()),
    )
    if clustered and (group.weight > 0).sum() < FEWEST_CLUSTERS:
        raise EstimationError(f"fewer than {FEWEST_CLUSTERS} clusters")
    if stages.receipts > stages.instruments:
        raise EstimationError("there are more receipts than arms to instrument them")
    reduced, tried = stages.reduced_forms()
    interest = np.eye(len(equations.kept))[:, : len(fixed)]
    itt = equations.inverse @ whole.term_y[equations.kept]
    step = Step(task.regression, group, equations, itt, interest)
    return _Asked(
        stages=stages,
        effects=stages.second_stage(),
        hausman=None if stages.is_exact else stages.hausman(),
        reduced=reduced,
        tried=tried,
        redundancy=middle_of(step, "HC0") if len(equations.redundant) else None,
        step=step,
    )


def _second_pass(task: _Task, asked: list[_Asked]) -> list[list[MiddleTotals | None]]:
    """Make the second pass; with clusters the first one said it all."""
    if task.inference.covariance in CLUSTERED:
        return [[None, None, None] for _ in asked]
    middles = [
        m
        for one in asked
        for m in (one.effects, one.hausman, one.reduced, one.redundancy)
        if m is not None
    ]
    within = within_of(task.source, [task.regression], task.inference.covariance)
    totals = iter(
        task.source.add_up(MiddleSums(task.terms, middles, within=within)).totals
    )
    found: list[list[MiddleTotals | None]] = []
    faults: list[str] = []
    for one in asked:
        effects = next(totals)
        hausman = next(totals) if one.hausman is not None else None
        found.append([effects, hausman, next(totals)])
        if one.redundancy is not None:
            faults += middle_faults(
                task.source, one.step, next(totals), task.terms, "HC0"
            )
    refuse(faults)
    return found


def _covariance(
    task: _Task, one: _Asked, asked: Middle, total: MiddleTotals | None, rank: int
) -> Floats:
    """Covariance of what one `Middle` asks, shape (outcomes, d, d)."""
    group, kind = one.stages.group, task.inference.covariance
    n = group.persons
    if total is None:
        doubled = _doubled(group, asked)
        clusters = int((group.weight > 0).sum())
        middle = cluster_middle(
            doubled, asked.terms, asked.coefficients, asked.directions
        )
        return middle * (clusters / (clusters - 1) * (n - 1) / (n - rank))
    if kind == "classical":
        bread = asked.directions.T @ one.stages.products @ asked.directions
        return (total.residual_squares / (n - rank))[:, None, None] * bread
    return total.matrices() * (n / (n - rank) if kind == "HC1" else 1.0)


def _doubled(group: GroupSums, asked: Middle) -> GroupSums:
    """Return sums with each outcome as often as it is asked for."""
    times = len(asked.outcomes) // len(group.outcomes)
    if times == 1:
        return group
    doubled = group.of(group.outcomes)
    return type(group)(
        outcomes=asked.outcomes,
        persons=doubled.persons,
        weight=doubled.weight,
        means=doubled.means,
        products=doubled.products,
        y_means=np.tile(doubled.y_means, (1, times)),
        term_y=np.tile(doubled.term_y, (1, 1, times)),
        y_squares=np.tile(doubled.y_squares, (1, times)),
        arm_persons=doubled.arm_persons,
        arm_weight=doubled.arm_weight,
        arm_y=np.tile(doubled.arm_y, (1, times)),
        largest=doubled.largest,
    )


def _results(
    task: _Task,
    asked: list[_Asked],
    found: list[list[MiddleTotals | None]],
    relevance: float,
) -> ReceiptEffects:
    contrasts: dict[int, list[Contrast]] = {}
    details: dict[int, TreatmentOnTreated] = {}
    faults: list[str] = []
    for one, (effects, hausman, reduced) in zip(asked, found, strict=True):
        stages = one.stages
        spread = _covariance(task, one, one.effects, effects, stages.rank)
        augmented = stages.rank + stages.receipts
        wu = None
        if one.hausman is not None:
            wu = _covariance(task, one, one.hausman, hausman, augmented)
        forms = _covariance(task, one, one.reduced, reduced, stages.rank_first)
        count = len(stages.group.outcomes)
        forms = forms.reshape(len(one.tried), count, *forms.shape[1:])
        for j, place in enumerate(stages.group.outcomes):
            where = in_words(task.source, [place])
            form = stages.reduced_form(
                j, forms, one.tried, df=_df(task, stages, stages.rank_first)
            )
            firsts = _first_stages(task, one, form)
            faults += [
                f"{where}: assignment does not move what arm {f.arm} offers (first "
                f"stage F {f.f:.2f}, p {f.p_value:.3f}), so nothing can be said of "
                "its effect"
                for f in firsts
                if f.p_value > relevance
            ]
            if faults:
                continue
            contrasts[int(place)] = _contrasts(task, one, j, spread[j])
            details[int(place)] = _details(
                task, one, j, None if wu is None else wu[j], form, firsts, spread[j]
            )
    refuse([f"model {task.model.name}: {fault}" for fault in faults])
    places = sorted(contrasts)
    return ReceiptEffects(
        contrasts=tuple(c for place in places for c in contrasts[place]),
        details=tuple(details[place] for place in places),
    )


def _df(task: _Task, stages: TwoStage, rank: int) -> float:
    if task.inference.covariance in CLUSTERED:
        return float((stages.group.weight > 0).sum() - 1)
    return stages.group.persons - rank


def _arms_of(task: _Task, receipt: str) -> list[str]:
    horizon = task.model.receipt_horizon
    return [
        arm
        for arm in task.source.arms[1:]
        if arm in task.model.receipt
        and receipt_name((task.model.receipt[arm], horizon)) == receipt
    ]


def _first_stages(
    task: _Task, one: _Asked, form: ReducedForm
) -> tuple[FirstStage, ...]:
    shares = _shares(task, one)
    found = []
    for i, receipt in enumerate(task.receipts):
        f, numerator, p_value = form.relevance(i)
        effective = form.effective_f(i)
        found.append(
            FirstStage(
                arm="+".join(_arms_of(task, receipt)),
                share_received=shares[i][0],
                share_against=shares[i][1],
                f=f,
                df_numerator=numerator,
                df_denominator=form.df,
                p_value=p_value,
                effective_f=effective,
                is_weak=effective < WEAK,
            )
        )
    return tuple(found)


def _shares(task: _Task, one: _Asked) -> list[tuple[float, float]]:
    """Share that received, in the arms of each receipt and in control."""
    arms = len(task.source.arms)
    names = {name: i for i, name in enumerate(task.terms.names)}
    of_arm = [names[ARM + arm] for arm in task.source.arms[1:]]
    weight = one.stages.group.arm_weight
    total = weight.sum()
    mean = _grand_mean(one.stages.group)
    found = []
    for receipt in task.receipts:
        at = names[receipt]
        # Sums of receipt by arm, from the products about the mean of all persons.
        products = _grand_products(one.stages.group, of_arm, at)
        received = products + total * mean[of_arm] * mean[at]
        inside = [task.source.arms.index(a) - 1 for a in _arms_of(task, receipt)]
        treated = weight[1:arms]
        against = total * mean[at] - received.sum()
        found.append(
            (
                _share(received[inside].sum() / treated[inside].sum()),
                _share(against / weight[0]),
            )
        )
    return found


def _share(value: float) -> float:
    """Free a share of the rounding of its sums."""
    return float(np.round(value, 12)) + 0.0


def _grand_mean(group: GroupSums) -> Floats:
    mean: Floats = group.weight @ group.means / group.weight.sum()
    return mean


def _grand_products(group: GroupSums, rows: list[int], column: int) -> Floats:
    """Products about the mean of all persons, also where sums are within strata."""
    apart = group.means - _grand_mean(group)
    between = (apart[:, rows] * group.weight[:, None]).T @ apart[:, column]
    inner = group.products.reshape(-1, *group.products.shape[-2:]).sum(axis=0)
    products: Floats = inner[rows, column] + between
    return products


def _contrasts(task: _Task, one: _Asked, j: int, spread: Floats) -> list[Contrast]:
    stages, source = one.stages, task.source
    group = stages.group
    outcome, horizon = source.outcomes[int(group.outcomes[j])]
    effects = one.effects.coefficients[stages.explaining :, j]
    df = _df(task, stages, stages.rank)
    selection = task.model.selection
    found = []
    for i, receipt in enumerate(task.receipts):
        estimate, error, lower, upper, p_value = interval(
            float(effects[i]),
            float(np.sqrt(spread[i, i])),
            df,
            task.inference.level,
            spread=_deviation(group, j),
        )
        arms = _arms_of(task, receipt)
        persons = [group.arm_persons[source.arms.index(a)] for a in arms]
        found.append(
            Contrast(
                outcome=outcome,
                horizon=horizon,
                arm="+".join(arms),
                against=source.arms[0],
                estimand=f"att: {selection}" if selection else "att",
                model=task.model.name,
                estimate=estimate,
                std_error=error,
                df=df,
                ci_lower=lower,
                ci_upper=upper,
                level=task.inference.level,
                p_value=p_value,
                n_arm=round(sum(persons)),
                n_against=round(group.arm_persons[0]),
                n_total=group.n,
                mean_against=float(group.arm_y[0, j]),
                covariance=task.inference.covariance,
                rank=stages.rank,
                columns=stages.rank + len(stages.equations.redundant),
            )
        )
    return found


def _details(  # noqa: PLR0913, PLR0917 (an outcome's figures)
    task: _Task,
    one: _Asked,
    j: int,
    wu: Floats | None,
    form: ReducedForm,
    firsts: tuple[FirstStage, ...],
    spread: Floats,
) -> TreatmentOnTreated:
    stages = one.stages
    outcome, horizon = task.source.outcomes[int(stages.group.outcomes[j])]
    if _deviation(stages.group, j) == 0:
        return _flat(task, outcome, horizon, form, firsts)
    effects = one.effects.coefficients[stages.explaining :, j]
    statistic = np.nan
    if wu is not None:
        moved = stages.hausman_residual_coefficients()[:, j]
        statistic = wald(moved, wu) / stages.receipts
    df = _df(task, stages, stages.rank + stages.receipts)
    return TreatmentOnTreated(
        outcome=outcome,
        horizon=horizon,
        model=task.model.name,
        selection=task.model.selection,
        first_stages=firsts,
        anderson_rubin=tuple(
            form.anderson_rubin(
                i,
                estimate=float(effects[i]),
                error=float(np.sqrt(spread[i, i])),
                level=task.inference.level,
            )
            for i in range(stages.receipts)
        ),
        wu_hausman=statistic,
        wu_hausman_df=(stages.receipts, df),
        wu_hausman_p=float(stats.f.sf(statistic, stages.receipts, df)),
    )


def _deviation(group: GroupSums, j: int) -> float:
    """Standard deviation of an outcome; 0 if it is rounding."""
    whole = about_the_mean(group)
    found = float(np.sqrt(max(whole.y_squares[j], 0) / group.weight.sum()))
    return 0.0 if found <= ROUNDING * abs(whole.y_means[0, j]) else found


def _flat(
    task: _Task,
    outcome: str,
    horizon: int,
    form: ReducedForm,
    firsts: tuple[FirstStage, ...],
) -> TreatmentOnTreated:
    """Details of an outcome that is the same for everyone: nothing speaks."""
    receipts = len(task.receipts)
    left = form.instruments - receipts + 1
    rubin = AndersonRubin(
        kind="bounded",
        lower=0.0,
        upper=0.0,
        level=task.inference.level,
        statistic=0.0,
        df_numerator=left,
        df_denominator=form.df,
        p_value=1.0,
    )
    return TreatmentOnTreated(
        outcome=outcome,
        horizon=horizon,
        model=task.model.name,
        selection=task.model.selection,
        first_stages=firsts,
        anderson_rubin=(rubin,) * receipts,
        wu_hausman=0.0,
        wu_hausman_df=(receipts, form.df),
        wu_hausman_p=1.0,
    )
