"""What needs persons is named in the report where a sample is too large for them."""

from types import SimpleNamespace

from rctspark.config.plan import BoundsTable, Family, FitTable
from rctspark.release.not_estimated import name_not_estimated

STEPPED = {"tests": "effects", "populations": ("all",), "models": ("m",)}


def test_families_without_their_draws_and_missing_durations_are_named():
    plan = SimpleNamespace(
        families=(
            Family(name="drawn", seed=1, **STEPPED),
            Family(name="wide", seed=2, **STEPPED),
            Family(name="by_formula", **STEPPED),
            Family(name="before", **STEPPED | {"tests": "joint"}),
        ),
        has_coefficients=True,
        durations=("benefit",),
        reweighted=(SimpleNamespace(population="like_target"),),
        tables=(),
    )
    tests = [
        SimpleNamespace(family="drawn", p_step_down=0.2),
        SimpleNamespace(family="wide", p_step_down=None),
        SimpleNamespace(family="by_formula", p_step_down=None),
    ]
    why = "needs persons: n above largest_sample_rows"
    assert name_not_estimated(plan, tests, ()) == (
        f"step-down p-values of family wide: {why}",
        f"joint tests of family before: {why}",
        f"models in full: {why}",
        f"effects of like_target, reweighted: {why}",
        f"durations: {why}",
    )
    tests = [tests[0], SimpleNamespace(family="before", p_step_down=None)]
    found = ("found",)
    reached = {"all", "like_target"}
    assert name_not_estimated(plan, tests, found, found, populations=reached) == ()


def test_tables_of_fit_and_bounds_without_a_single_row_are_named():
    columns = {"group": "group"}
    fit = FitTable(
        name="like_target",
        kind="fit",
        columns={"what": "characteristic", **columns},
        lines={"Sex": {"covariate": "sex"}, "Age": {"covariate": "age"}},
    )
    bounds = BoundsTable(
        name="missing_answers",
        kind="bounds",
        of="all",
        model="m",
        columns={"what": "label", "arm": "arm"},
        lines={"Health": {"outcome": "health", "horizons": [8]}},
    )
    plan = SimpleNamespace(
        families=(),
        has_coefficients=False,
        durations=(),
        reweighted=(),
        tables=(fit, bounds),
    )
    sizes = SimpleNamespace(subject="enrolled", category="all")
    other = SimpleNamespace(subject="sex", category="all")
    why = "needs persons: n above largest_sample_rows"
    assert name_not_estimated(plan, (), (), descriptives=(sizes, other)) == (
        f"fit to the target of table like_target: {why}",
        f"bounds of table missing_answers: {why}",
    )
    held = SimpleNamespace(subject="age", category="fit")
    lee = SimpleNamespace(subject="health", category="Lee upper")
    assert name_not_estimated(plan, (), (), descriptives=(held, lee)) == ()
