"""What two stages say of the effect of receipt, outcome by outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from rctspark.contracts.regression import (
    AndersonRubin,
    FirstStage,
    TreatmentOnTreated,
)
from rctspark.contracts.sums import ARM
from rctspark.estimators.contrast import Contrast
from rctspark.estimators.itt import ROUNDING
from rctspark.estimators.regression.att_passes import Asked, ReceiptTask, covariance_of
from rctspark.estimators.regression.linear import interval
from rctspark.estimators.regression.regressions import (
    CLUSTERED,
    about_the_mean,
    in_words,
    refuse,
)
from rctspark.estimators.regression.sources import receipt_name
from rctspark.estimators.regression.weak_instruments import wald

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.estimators.regression.first_sums import GroupSums
    from rctspark.estimators.regression.middle_sums import MiddleTotals
    from rctspark.estimators.regression.two_stage import TwoStage
    from rctspark.estimators.regression.weak_instruments import ReducedForm

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReceiptEffects:
    """Effects of receipt, and what the instruments can carry.

    Attributes:
        contrasts: One per outcome and arm; estimand `att`; with the strength of the
            instruments and Anderson and Rubin's interval.
        details: One per outcome.
    """

    contrasts: tuple[Contrast, ...]
    details: tuple[TreatmentOnTreated, ...]


def make_results(
    task: ReceiptTask,
    asked: list[Asked],
    found: list[list[MiddleTotals | None]],
    relevance: float,
) -> ReceiptEffects:
    """Say what was found of every outcome, or why nothing can be said.

    Args:
        task: What stays the same over the groups.
        asked: What each group asked.
        found: What the second pass gave.
        relevance: Level of the test that assignment moves receipt.

    Returns:
        Effects and their details, in the order of the outcomes.

    Raises:
        EstimationError: Assignment does not move what an arm offers.
    """
    contrasts: dict[int, list[Contrast]] = {}
    details: dict[int, TreatmentOnTreated] = {}
    faults: list[str] = []
    for one, (effects, hausman, reduced) in zip(asked, found, strict=True):
        stages = one.stages
        spread = covariance_of(task, one, one.effects, effects, stages.rank)
        augmented = stages.rank + stages.receipts
        wu = None
        if one.hausman is not None:
            wu = covariance_of(task, one, one.hausman, hausman, augmented)
        forms = covariance_of(task, one, one.reduced, reduced, stages.rank_first)
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
            detail = _details(
                task, one, j, None if wu is None else wu[j], form, firsts, spread[j]
            )
            details[int(place)] = detail
            contrasts[int(place)] = [
                _with_strength(contrast, detail, i)
                for i, contrast in enumerate(_contrasts(task, one, j, spread[j]))
            ]
    refuse([f"model {task.model.name}: {fault}" for fault in faults])
    places = sorted(contrasts)
    return ReceiptEffects(
        contrasts=tuple(c for place in places for c in contrasts[place]),
        details=tuple(details[place] for place in places),
    )


def _df(task: ReceiptTask, stages: TwoStage, rank: int) -> float:
    if task.inference.covariance in CLUSTERED:
        return float((stages.group.weight > 0).sum() - 1)
    return stages.group.persons - rank


def _arms_of(task: ReceiptTask, receipt: str) -> list[str]:
    horizon = task.model.receipt_horizon
    return [
        arm
        for arm in task.source.arms[1:]
        if arm in task.model.receipt
        and receipt_name((task.model.receipt[arm], horizon)) == receipt
    ]


def _first_stages(
    task: ReceiptTask, one: Asked, form: ReducedForm
) -> tuple[FirstStage, ...]:
    shares = _shares(task, one)
    found = []
    for i, receipt in enumerate(task.receipts):
        own = _arms_of(task, receipt)
        inside = [task.source.arms.index(arm) - 1 for arm in own]
        f, numerator, p_value = form.relevance(i)
        effective, critical = form.effective_f(i), form.weak_below(i)
        found.append(
            FirstStage(
                arm="+".join(own),
                share_received=shares[i][0],
                share_against=shares[i][1],
                f=f,
                df_numerator=numerator,
                df_denominator=form.df,
                p_value=p_value,
                effective_f=effective,
                weak_below=critical,
                is_weak=None if critical is None else effective < critical,
                n_behind=_behind(one.stages.group, inside, shares[i]),
            )
        )
    return tuple(found)


def _behind(group: GroupSums, inside: list[int], shares: tuple[float, float]) -> int:
    """Fewest persons who received it or did not, in the arm or in control."""
    persons = (group.arm_persons[1:][inside].sum(), group.arm_persons[0])
    counts = [
        round(n * part)
        for n, share in zip(persons, shares, strict=True)
        for part in (share, 1 - share)
    ]
    return min((count for count in counts if count), default=0)


def _shares(task: ReceiptTask, one: Asked) -> list[tuple[float, float]]:
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


def _contrasts(task: ReceiptTask, one: Asked, j: int, spread: Floats) -> list[Contrast]:
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


def _with_strength(
    contrast: Contrast, detail: TreatmentOnTreated, place: int
) -> Contrast:
    """Put beside an effect what its instruments can carry."""
    first, rubin = detail.first_stages[place], detail.anderson_rubin[place]
    is_tested = not np.isnan(detail.wu_hausman_p)
    return replace(
        contrast,
        first_stage_f=first.f,
        effective_f=first.effective_f,
        weak_below=first.weak_below,
        wu_hausman_p=detail.wu_hausman_p if is_tested else None,
        ar_kind=rubin.kind,
        ar_lower=None if np.isnan(rubin.lower) else rubin.lower,
        ar_upper=None if np.isnan(rubin.upper) else rubin.upper,
        receipt_n_behind=first.n_behind,
    )


def _details(  # noqa: PLR0913, PLR0917 (an outcome's figures)
    task: ReceiptTask,
    one: Asked,
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
    task: ReceiptTask,
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
