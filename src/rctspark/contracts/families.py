"""What a family of tests returns when its size is held for all of them together."""

from __future__ import annotations

from dataclasses import dataclass

from rctspark.contracts.table import Column, Table


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """One effect of a registered family, seen together with the others.

    Attributes:
        outcome: Outcome.
        horizon: Horizon of the outcome.
        arm: Arm whose effect this is.
        estimate: Arm minus control.
        std_error: Its standard error.
        p_value: P-value by itself, of the normal distribution.
        p_holm: Holm's, from `p_value`.
        p_benjamini_hochberg: Benjamini and Hochberg's, from `p_value`.
        p_step_down: Romano and Wolf's, which knows how the effects move together.
        band_lower: Lower end of the simultaneous band.
        band_upper: Upper end of it.
        level: Chance that the band holds all effects of the family at once.
        critical: Standard errors from estimate to band.
        family_size: Effects in the family.
        draws: Draws behind step-down and band.
    """

    outcome: str
    horizon: int
    arm: str
    estimate: float
    std_error: float
    p_value: float
    p_holm: float
    p_benjamini_hochberg: float
    p_step_down: float
    band_lower: float
    band_upper: float
    level: float
    critical: float
    family_size: int
    draws: int


NO_FAMILY = ""
"""Family of a test that the plan puts in none."""


@dataclass(frozen=True, slots=True)
class JudgedTest:
    """One test, by itself and as a member of the family that the plan declares.

    Attributes:
        experiment: Name of the plan.
        family: Family of the plan; empty: in none.
        tests: `equality`: an effect is the same in all categories; `effects`: there
            is no effect.
        population: Who is analysed; a category's effect has the name of EFFECTS.
        outcome: Outcome of the plan; `all`: all of the family's, in a count.
        horizon: Its horizon; 0 where it has none. Of a family of joint tests, the
            first of those that are tested together.
        arm: Arm whose effect is meant; `all`: all arms at once.
        model: Model of the plan.
        by: Covariate whose categories are compared; empty: a test of no effect.
        statistic: F: the Wald statistic over `df_numerator`. In a count, how many
            effects of the family have a p-value below one less the level.
        df_numerator: Differences tested; in a count, effects of the family.
        df_denominator: Degrees of freedom of the F distribution; in a count, draws.
        p_value: By itself. Of joint tests with draws and of a count, (b + 1) / (B + 1),
            where b of B draws of the arms give as large a statistic.
        p_holm: Holm's over the family. None: in no family.
        p_benjamini_hochberg: Benjamini and Hochberg's. None: in no family.
        p_step_down: Romano and Wolf's. None: the family asks for no draws.
        family_size: Tests in the family; 1 where there is none.
        n_total: Persons in the regression.
        data_version: Named set of deliveries.
        plan_hash: Digest of the parsed plan.
    """

    experiment: str
    family: str
    tests: str
    population: str
    outcome: str
    horizon: int
    arm: str
    model: str
    by: str
    statistic: float
    df_numerator: int
    df_denominator: float
    p_value: float
    p_holm: float | None
    p_benjamini_hochberg: float | None
    p_step_down: float | None
    family_size: int
    n_total: int
    data_version: str
    plan_hash: str


NOT_ADJUSTED = "the plan puts the test in no family"
TESTS = Table(
    name="tests",
    grain="one row per test and family that the plan puts it in",
    key=(
        "experiment",
        "family",
        "tests",
        "population",
        "outcome",
        "horizon",
        "arm",
        "model",
    ),
    columns=(
        Column("experiment", "string", "Name of the plan."),
        Column("family", "string", "Family of the plan; empty: in none."),
        Column(
            "tests",
            "string",
            "What is tested: effects are the same in all categories, or none.",
            allowed=("equality", "effects"),
        ),
        Column("population", "string", "`all`, or a subgroup."),
        Column("outcome", "string", "Outcome of the plan."),
        Column("horizon", "int", "Horizon of the outcome; 0 where it has none."),
        Column("arm", "string", "Arm whose effect is meant; `all`: all at once."),
        Column("model", "string", "Model of the plan."),
        Column(
            "by", "string", "Covariate whose categories are compared; empty: no effect."
        ),
        Column("statistic", "double", "F: the Wald statistic over its differences."),
        Column("df_numerator", "int", "Differences tested."),
        Column("df_denominator", "double", "Degrees of freedom of the F distribution."),
        Column("p_value", "double", "P-value by itself."),
        Column("p_holm", "double", "Holm's p-value.", null_means=NOT_ADJUSTED),
        Column(
            "p_benjamini_hochberg",
            "double",
            "Benjamini and Hochberg's p-value.",
            null_means=NOT_ADJUSTED,
        ),
        Column(
            "p_step_down",
            "double",
            "Romano and Wolf's p-value.",
            null_means="the family asks for no draws, or there is none",
        ),
        Column("family_size", "int", "Tests in the family; 1: in none."),
        Column("n_total", "bigint", "Persons in the regression.", "persons"),
        Column("data_version", "string", "Named set of deliveries."),
        Column("plan_hash", "string", "Digest of the parsed plan."),
    ),
    rules={
        "a p-value is a probability": "p_value BETWEEN 0 AND 1",
        "adjusting does not make a p-value smaller": (
            "p_holm >= p_value AND p_benjamini_hochberg >= p_value"
        ),
    },
)
