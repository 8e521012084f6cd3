"""Released tables: tidy, rounded, each row with its n and where it comes from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from rctspark.contracts import EFFECTS
from rctspark.release import instruments, joint, power
from rctspark.release.coarsening import DIGITS, is_of_everyone
from rctspark.release.durations import duration_tables
from rctspark.release.folder import replace_folder
from rctspark.release.labels import Labels
from rctspark.release.numerals import (
    Scale,
    fixed,
    kept_decimals,
    p_text,
)
from rctspark.release.registration import deviations_table
from rctspark.release.subgroups import tests_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rctspark.config import Plan
    from rctspark.contracts import Effect
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.released import Release

NOT_SHOWN = "not shown"
P_DECIMALS = 6
# `n_total` and `df` stay inside: with the n of the arms shown, they would give the
# size of an arm that is not.
EFFECT_COLUMNS = (
    *EFFECTS.key,
    "unit",
    "estimate",
    "std_error",
    "ci_lower",
    "ci_upper",
    "level",
    "p_value",
    "n_arm",
    "n_against",
    "mean_against",
    "covariance",
    "outcome_label",
    "horizon_label",
    "arm_label",
)


def released_tables(
    release: Release,
    *,
    language: str = "en",
    beside: Mapping[str, str] | None = None,
) -> dict[str, pd.DataFrame]:
    """Make the tables that leave.

    Args:
        release: What may leave.
        language: Of the labels.
        beside: File that stands beside them to what it is: comparisons of a twin.

    Returns:
        `effects` (one row per contrast that may leave), `funnel`, `arms` and, where
        there are any, `not_observed`, `tests`, `deviations` from the registered plan,
        `duration_curves` and `duration_estimates`, `joint_tests`, `instruments` (of
        effects of what was received) and `power`;
        counts that may not be shown stand as `<10` or
        `x`. Every one carries data version, plan hash and whether it is synthetic.
        Then the plan's tables in the layout that it declares, and `contents`, which
        carries all that for them.
    """
    labels = Labels(release.plan, language)
    tables = {
        "effects": effect_table(release.effects, labels),
        "funnel": _funnel_table(release, labels),
        "arms": _arm_table(release, labels),
    }
    if release.unobserved:
        tables["not_observed"] = _unobserved_table(release, labels)
    if release.tests:
        tables["tests"] = tests_table(release.tests, labels)
    if release.joint:
        tables[joint.NAME] = joint.joint_table(release.joint)
    strength = instruments.instrument_table(release.effects, labels)
    if len(strength):
        tables[instruments.NAME] = strength
    if release.power:
        tables[power.NAME] = power.power_table(release.power, labels)
    if release.tables or beside:
        tables["contents"] = _contents_table(release, labels, beside or {})
    if release.standing.differences:
        tables["deviations"] = deviations_table(release.standing)
    tables |= duration_tables(release.durations)
    stamped = {name: t.assign(**release.stamp) for name, t in tables.items()}
    # The plan's own tables have the columns that it declares, and no others.
    return stamped | {t.name: _laid_table(t) for t in release.tables}


def effect_table(effects: Iterable[Effect], labels: Labels) -> pd.DataFrame:
    """Lay effects out as a tidy table, in the outcomes' own units.

    Args:
        effects: Effects that may leave.
        labels: Words.

    Returns:
        One row per effect. Rounded to four significant digits of the standard
        error: more would say nothing about the effect, and something about persons.
    """
    return pd.DataFrame(
        [_effect_row(effect, labels) for effect in effects],
        columns=list(EFFECT_COLUMNS),
    )


def _effect_row(e: Effect, labels: Labels) -> dict[str, object]:
    decimals = kept_decimals(e.std_error)
    rounded = {
        name: round(getattr(e, name), decimals) + 0.0
        for name in ("estimate", "std_error", "ci_lower", "ci_upper", "mean_against")
    }
    own = {name: getattr(e, name) for name in EFFECT_COLUMNS if hasattr(e, name)}
    return (
        own
        | rounded
        | {
            # What is smaller than the last digit kept is small, and not zero.
            "p_value": round(e.p_value, P_DECIMALS) or float(f"{e.p_value:.0e}"),
            "unit": labels.outcome(e.outcome).unit,
            "outcome_label": labels.of(e.outcome),
            "horizon_label": labels.horizon(e.outcome, e.horizon),
            "arm_label": labels.of(e.arm),
        }
    )


def _funnel_table(release: Release, labels: Labels) -> pd.DataFrame:
    columns = ["step", "stage", "reason", "n_leaving", "n_left"]
    rows = [
        [*(getattr(s, c) for c in columns), labels.stage(s.stage)]
        for s in release.design.funnel
    ]
    return pd.DataFrame(rows, columns=[*columns, "stage_label"])


def _arm_table(release: Release, labels: Labels) -> pd.DataFrame:
    design = release.design
    columns = ["persons", "by_rule", "recorded", "discordant"]
    rows = [
        [arm.arm, labels.of(arm.arm), *(getattr(arm, c) for c in columns)]
        for arm in sorted(design.arms, key=lambda a: release.plan.arms.all.index(a.arm))
    ]
    total = ["total", "Total", design.enrolled, None, None, design.discordant]
    table = pd.DataFrame([*rows, total], columns=["arm", "arm_label", *columns])
    return table if design.discordant is not None else table.drop(columns=columns[1:])


def _unobserved_table(release: Release, labels: Labels) -> pd.DataFrame:
    rows = [
        (u.outcome, labels.of(u.outcome), u.horizon, u.persons)
        for u in release.unobserved
    ]
    columns = ["outcome", "outcome_label", "horizon", "n_not_observed"]
    return pd.DataFrame(rows, columns=columns).assign(n=release.design.enrolled)


def _laid_table(table: LaidTable) -> pd.DataFrame:
    return pd.DataFrame(
        [table.line(row) for row in table.rows], columns=list(table.plan.columns)
    )


def _contents_table(
    release: Release, labels: Labels, beside: Mapping[str, str]
) -> pd.DataFrame:
    rows = [(t.name, labels.of(t.name), t.legend) for t in release.tables]
    rows += [(name.removesuffix(".csv"), what, "") for name, what in beside.items()]
    return pd.DataFrame(rows, columns=["table", "title", "hidden_cells"])


def write_released(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    *,
    extra: Mapping[str, bytes] | None = None,
) -> list[Path]:
    """Write tables as CSV, all or none.

    Args:
        folder: `out/released/<experiment>`; what an earlier run left there goes.
        tables: Name to table, screened.
        extra: Name of a file to its content, where there is more than tables.

    Returns:
        The files, in order of name.

    Raises:
        StoreError: The folder holds files that this package did not write.
    """
    files = {f"{name}.csv": csv_bytes(table) for name, table in tables.items()}
    files |= extra or {}
    replace_folder(folder, files)
    return [folder / name for name in sorted(files)]


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Write a table as comma-separated UTF-8, numbers as short as they are exact."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def main_model(plan: Plan, outcome: str) -> str:
    """Return the model that is shown first for an outcome.

    Args:
        plan: The analysis plan.
        outcome: One of its outcomes.

    Returns:
        The model of the outcome's headline; where it has none, that of the plan's
        first headline; where there are no headlines, the last model of the first
        analysis. Where that is not run for the outcome, the first regression that is.
    """
    heads = plan.headlines
    own = [h.model for h in heads if h.outcome == outcome]
    of_first = plan.analyses[0].models or [m.name for m in plan.models]
    model = (own or [h.model for h in heads] or [of_first[-1]])[0]
    plain = {m.name for m in plan.models if m.estimator != "iv"}
    run = [
        name
        for a in plan.analyses
        if not a.outcomes or outcome in a.outcomes
        for name in a.models or [m.name for m in plan.models]
    ]
    return model if model in run else next((n for n in run if n in plain), model)


def headline_keys(plan: Plan) -> list[tuple[str, int, str, str]]:
    """Return outcome, horizon, model and population of the plan's headlines."""
    return [(h.outcome, h.horizon, h.model, h.population) for h in plan.headlines]


def headline_effects(effects: Iterable[Effect], plan: Plan) -> list[Effect]:
    """Pick the effects that a reader sees first.

    Args:
        effects: Effects that may leave.
        plan: The analysis plan.

    Returns:
        Those of its headlines, in its order, arms in theirs; without headlines, each
        outcome at its last horizon by its main model.
    """
    effects = list(effects)
    keys = headline_keys(plan) or _last_horizons(effects, plan)
    order = {arm: i for i, arm in enumerate(plan.arms.all)}
    found = [
        (keys.index(key), order[e.arm], e.site, e)
        for e in effects
        if (key := (e.outcome, e.horizon, e.model, e.population)) in keys
    ]
    return [e for *_, e in sorted(found, key=lambda f: f[:3])]


def _last_horizons(
    effects: Sequence[Effect], plan: Plan
) -> list[tuple[str, int, str, str]]:
    keys = []
    for outcome in plan.outcomes:
        own = [e for e in effects if e.outcome == outcome.name]
        if own:
            model = main_model(plan, outcome.name)
            last, population = max(e.horizon for e in own), plan.analyses[0].population
            keys.append((outcome.name, last, model, population))
    return keys


def effects_table_text(
    effects: Iterable[Effect], plan: Plan, *, is_synthetic: bool = False
) -> str:
    """Write the headline effects as an aligned table of plain text.

    Args:
        effects: Effects that may leave (screened).
        plan: The analysis plan.
        is_synthetic: Whether the data are made up: the table says so.

    Returns:
        One line per headline and arm, shares in percentage points. A headline none of
        whose effects may leave stands as 'not shown'.
    """
    effects, labels = list(effects), Labels(plan)
    level = f"{plan.inference.level:.0%} interval"
    header = ("Outcome", "Arm", "Effect", "SE", level, "p", "n arm", "n control")
    heads = headline_effects(effects, plan)
    lines = [header, *(_text_line(e, labels) for e in heads)]
    shown = {(e.outcome, e.horizon, e.model, e.population) for e in heads}
    lines += [
        (f"{labels.of(o)}, {labels.horizon(o, h)}", NOT_SHOWN, *[""] * 6)
        for o, h, m, p in headline_keys(plan)
        if (o, h, m, p) not in shown
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    text = [_aligned(line, widths) for line in lines]
    label = ["Synthetic data: no number is about real persons."] if is_synthetic else []
    return "\n".join([text[0], rule, *text[1:], *label])


def _text_line(e: Effect, labels: Labels) -> tuple[str, ...]:
    scale = Scale.of([e], is_share=labels.outcome(e.outcome).unit == "share")
    unit = "pp" if scale.factor > 1 else labels.outcome(e.outcome).unit
    parts = [f"{labels.of(e.outcome)}, {labels.horizon(e.outcome, e.horizon)}"]
    parts += [f"({unit})"]
    if e.population != labels.plan.analyses[0].population:
        parts.append(f"[{labels.of(e.population)}]")
    low, high = scale.write(e.ci_lower), scale.write(e.ci_upper)
    return (
        " ".join(parts),
        labels.of(e.arm),
        scale.write(e.estimate, sign=True),
        error_text(e, scale, labels.plan),
        f"{low} to {high}",
        p_text(e.p_value),
        fixed(e.n_arm, 0),
        fixed(e.n_against, 0),
    )


def error_text(e: Effect, scale: Scale, plan: Plan) -> str:
    """Write a standard error with the digits that are known of it.

    Args:
        e: An effect that may leave.
        scale: How the outcome's numbers are written.
        plan: The analysis plan.

    Returns:
        The text; of an effect on a part of those enrolled, no digit beyond those kept.
    """
    finer = scale.finer
    if is_of_everyone(e, plan):
        return finer.write(e.std_error)
    known = kept_decimals(e.std_error, digits=DIGITS) - round(math.log10(scale.factor))
    return Scale(scale.factor, min(finer.decimals, max(known, 0))).write(e.std_error)


def _aligned(line: tuple[str, ...], widths: Sequence[int]) -> str:
    words = [cell.ljust(w) for cell, w in zip(line[:2], widths[:2], strict=True)]
    numbers = [cell.rjust(w) for cell, w in zip(line[2:], widths[2:], strict=True)]
    return "  ".join(words + numbers).rstrip()
