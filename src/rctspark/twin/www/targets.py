"""Published counts that the twin gives back, and what is chosen where none is printed.

Source of the counts: tables 1, 3, 4, 6, 7 and 8, figure 1, section 4.1 and table 26 of
the final report (conf/published/www). Percentages are turned into persons.
"""

from __future__ import annotations

from dataclasses import dataclass

ARMS = ("control", "zia", "hia", "wl")
ARM_SIZES = (188, 189, 188, 187)
STUDY, REFERENCE, TARGET = 752, 198, 8338
ZEIST_ARMS = (17, 0, 0, 18)

REASONS = ("J27", "INB", "KRT", "WSN", "UWV", "INR", "REG", "AOW", "WMO")
"""Codes of the grounds for exclusion, in the order of the report."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """Persons of one municipality by the last stage that they reach (figure 1).

    The report gives the sum of those excluded; how it falls over the grounds is
    chosen.
    """

    excluded: tuple[int, ...]
    reference: int
    not_applied: int
    withdrew: int
    left: int
    randomised: int


FUNNELS = (
    Funnel((640, 850, 310, 260, 420, 230, 190, 420, 592), 198, 7346, 30, 12, 752),
    Funnel((110, 160, 60, 50, 80, 45, 35, 80, 116), 60, 563, 6, 0, 35),
)
"""Utrecht, Zeist."""

# Category to the persons of control, zia, hia and wl (tables 1 and 5).
SEX = ((96, 100, 85, 94), (92, 89, 103, 93))
AGE = ((31, 25, 29, 30), (40, 53, 41, 47), (66, 54, 69, 63), (51, 57, 49, 47))
EDUCATION = ((101, 82, 93, 79), (43, 48, 49, 50), (36, 51, 42, 49), (8, 8, 4, 9))
BACKGROUND = ((66, 75, 70, 70), (20, 25, 16, 24), (102, 89, 102, 93))
NORM = ((119, 122, 117, 125), (34, 30, 34, 27), (35, 37, 37, 35))
DURATION = ((4, 11, 10, 11), (55, 54, 50, 46), (129, 124, 128, 130))
WAGE_6M = (370.7, 517.5, 366.6, 458.6)
WAGE_24M = (1149.6, 2108.8, 1599.6, 1765.2)
# Standard deviations are not printed: these give the printed p-values of the t-tests.
WAGE_6M_SD = (630.0, 1795.0, 630.0, 1543.0)
WAGE_24M_SD = (3000.0, 5650.0, 4159.0, 4317.0)
WAGE_6M_HIGHEST = ((), (12_000.0, 20_300.0), (), (19_500.0,))
"""The p-values leave zia and wl far wider than the others: a few with high pay."""

STRATA = (
    ("single", 1, (40, 41, 40, 40)),
    ("single", 2, (6, 6, 6, 6)),
    ("single", 3, (50, 49, 49, 49)),
    ("single", 4, (56, 56, 55, 56)),
    ("cohabiting", 1, (7, 8, 8, 7)),
    ("cohabiting", 2, (1, 0, 1, 0)),
    ("cohabiting", 3, (11, 11, 11, 12)),
    ("cohabiting", 4, (16, 17, 17, 16)),
)
"""Table 4, and over the arms as the rows for arrangement and norm of table 1 imply."""
LATE = (("single", 4), ("cohabiting", 3), ("single", 1), ("single", 3))
"""The ninth stratum, one to each arm: what table 1 has besides the eight strata."""

# Target population and reference group, in per cent (table 3).
TARGET_PCT = {
    "sex": (49.0, 51.0),
    "age": (18.3, 26.1, 31.7, 23.9),
    "education": (62.1, 23.4, 10.6, 3.9),
    "background": (30.5, 8.3, 61.2),
    "norm": (57.3, 14.4, 28.3),
    "arrangement": (16.7, 2.1, 23.9, 57.3),
    "duration": (6.3, 22.9, 70.8),
}
REFERENCE_PCT = {
    "sex": (36.9, 63.1),
    "age": (17.7, 26.8, 32.3, 23.2),
    "education": (63.1, 24.2, 10.1, 2.5),
    "background": (37.4, 8.1, 54.5),
    "norm": (51.0, 18.2, 30.8),
    "arrangement": (20.2, 2.0, 18.2, 59.6),
    "duration": (5.1, 23.7, 71.2),
}
REFERENCE_WAGES, TARGET_WAGES = (453.4, 1345.8), (380.5, 1379.4)

# Withdrawals of table 6 by arm; those during the experiment before March 2019 follow
# from the 689 of table 8: 179, 177, 168 and 165.
WITHDREW_UNKNOWING = (8, 3, 5, 9)
WITHDREW_KNOWING = (0, 4, 7, 6)
WITHDREW_EARLY = (1, 5, 8, 7)
WITHDREW_LATE = (7, 8, 7, 5)
ZEIST_WITHDREW = (2, 0, 0, 1)

CONTACTS_IN_PERSON = (1.4, 0.4, 2.7, 1.24)
CONTACTS_REMOTE = (7.7, 3.9, 14.3, 9.34)
"""Table 7, per person still enrolled; wl so that the sum too rounds as printed."""
CHANGED_DOWN = (8, 2, 25, 7)
CHANGED_UP = (14, 11, 29, 16)
"""Table 8, of those enrolled in March 2019."""


@dataclass(frozen=True, slots=True)
class Employed:
    """Persons of one group with each outcome in month 16."""

    wage_100: int
    wage_70: int
    wage_50: int
    hours_32: int
    hours_27: int
    hours_12: int
    hours_8: int
    contract: int
    permanent: int


EMPLOYED = (
    Employed(11, 13, 19, 9, 11, 22, 23, 33, 7),
    Employed(14, 20, 25, 11, 15, 28, 31, 42, 13),
    Employed(15, 20, 26, 11, 15, 34, 36, 39, 9),
    Employed(12, 16, 25, 10, 14, 33, 37, 43, 9),
)
"""By arm: control as table 26 has it, the others near section 4.1."""
EMPLOYED_REFERENCE = Employed(5, 13, 17, 4, 6, 20, 23, 28, 9)
LEVELS = (
    *("wage_100", "wage_70", "wage_50"),
    *("hours_32", "hours_27", "hours_12", "hours_8"),
    *("contract", "permanent", "temporary"),
)
"""Outcomes of a month."""
EFFECT_ARMS = (1, 2, 3)
RESERVE = (
    *((0,) * 10 for _ in range(5)),
    (0, 0, 0, 0, 0, 0, 0, 1, 0, 1),
    (0, 0, 0, 0, 0, 1, 1, 1, 0, 1),
    (0, 0, 1, 0, 0, 1, 1, 1, 0, 1),
    (0, 1, 1, 0, 1, 1, 1, 1, 0, 1),
    (1, 1, 1, 1, 1, 1, 1, 1, 1, 0),
)
"""What more or less of the arms with an intervention may have than they begin with:
how many of them work is not printed."""
MONTH_0_PCT = 3.0
"""Above 70 per cent of the minimum wage in month 0, in each arm."""

MINIMUM_WAGE_CENTS = (
    ("2016-01", 152460),
    ("2016-07", 153720),
    ("2017-01", 155160),
    ("2017-07", 156540),
    ("2018-01", 157800),
    ("2018-07", 159420),
    ("2019-01", 161580),
    ("2019-07", 163560),
)
"""Gross per month from a month on, up to the end of 2019."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What is printed of one coefficient; None: not printed.

    Attributes:
        estimate: The coefficient.
        low: Lower end of the 90 per cent interval.
        high: Its upper end.
        is_significant: Whether it is called significant at 10 per cent.
        se: Robust standard error.
        p: p-value, to three decimals.
    """

    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    is_significant: bool | None = None
    se: float | None = None
    p: float | None = None


EFFECTS = {
    ("zia", "wage_70"): Printed(0.039, -0.009, 0.088, is_significant=False),
    ("hia", "wage_70"): Printed(0.040, -0.007, 0.087, is_significant=False),
    ("hia", "hours_12"): Printed(0.064, is_significant=True),
    ("wl", "hours_12"): Printed(None, -0.003, 0.120, is_significant=False),
    ("wl", "hours_8"): Printed(0.076, is_significant=True),
    ("zia", "permanent"): Printed(0.034, -0.005, 0.073, is_significant=False),
}
"""Section 4.1, month 16, adjusted."""
SUBGROUP_EFFECTS: dict[tuple[str, tuple[int, ...], str, str], Printed] = {
    ("education", (0,), "zia", "wage_70"): Printed(0.069, is_significant=True),
    ("education", (0,), "zia", "hours_12"): Printed(0.089, is_significant=True),
    ("education", (0,), "zia", "contract"): Printed(0.126, is_significant=True),
    ("education", (0,), "zia", "permanent"): Printed(0.074, is_significant=True),
    ("education", (0,), "hia", "wage_50"): Printed(0.063, is_significant=True),
    ("education", (0,), "hia", "hours_12"): Printed(0.095, is_significant=True),
    ("education", (0,), "hia", "contract"): Printed(0.077, is_significant=True),
    ("arrangement", (2,), "zia", "permanent"): Printed(0.056),
    ("arrangement", (2,), "wl", "hours_12"): Printed(0.116, is_significant=True),
    ("arrangement", (2,), "wl", "contract"): Printed(0.150, is_significant=True),
    ("arrangement", (2,), "wl", "temporary"): Printed(0.124),
    ("arrangement", (3,), "hia", "hours_12"): Printed(0.062),
}
"""Section 4.1, month 16, of low education and of arrangements 3 and 4."""
ALIKE = Printed(is_significant=False)
NOBODY_DIFFERS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("education", (1, 2)),
    ("arrangement", (0,)),
)
SUBGROUP_EFFECTS |= {
    (subject, part, arm, level): ALIKE
    for subject, part in NOBODY_DIFFERS
    for arm in ARMS[1:]
    for level in LEVELS
}
SUBGROUP_EFFECTS["education", (0,), "hia", "wage_70"] = ALIKE
"""In words: of middle and high education and of arrangement 1 no arm differs."""
SUBGROUPS = {"education": ((0,), (1, 2)), "arrangement": ((0,), (2,), (3,))}
"""Categories told apart; those of nobody here are left out of the model."""
CONTROL_MINUS_REFERENCE = {
    "wage_100": Printed(0.016, se=0.020, p=0.422),
    "wage_70": Printed(-0.009, se=0.023, p=0.694),
    "wage_50": Printed(-0.002, se=0.026, p=0.940),
    "hours_32": Printed(0.007, se=0.016, p=0.670),
    "hours_27": Printed(0.011, se=0.019, p=0.570),
    "hours_12": Printed(0.000, se=0.027, p=0.992),
    "hours_8": Printed(-0.009, se=0.028, p=0.754),
    "contract": Printed(0.019, se=0.032, p=0.564),
    "permanent": Printed(-0.008, se=0.019, p=0.651),
    "temporary": Printed(0.027, se=0.031, p=0.392),
}
"""Table 26, month 16, adjusted."""


@dataclass(frozen=True, slots=True)
class InWords:
    """What the report says of effects by month, without a number.

    Attributes:
        what: `significant` (and positive), `not_significant`, `positive`, `negative`.
        arms: Of which arms.
        levels: Of which outcomes.
        months: From which month to which.
        but: In no month of these.
    """

    what: str
    arms: tuple[str, ...]
    levels: tuple[str, ...]
    months: tuple[int, int]
    but: tuple[int, ...] = ()


MONTHS_IN_WORDS = (
    InWords("significant", ("hia",), ("wage_70", "hours_12"), (14, 14)),
    InWords("not_significant", ("hia",), ("wage_70",), (1, 15), but=(14,)),
    InWords("significant", ("zia",), ("permanent",), (11, 11)),
    InWords("not_significant", ("zia",), ("permanent",), (1, 15), but=(11,)),
    InWords("not_significant", ("hia", "wl"), ("permanent",), (1, 15)),
    InWords("negative", ("zia",), LEVELS, (1, 3)),
    InWords("positive", ARMS[1:], ("wage_70",), (12, 15)),
)
"""Findings of the report by month, before the last. Which months are the first is not
said: the first three."""
