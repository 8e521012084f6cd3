"""Funnel and arms are screened as one table."""

from __future__ import annotations

import pytest

from rctspark.config import Exemption, Thresholds
from rctspark.errors import ContractError
from rctspark.release.design import ArmCount, FunnelStep, screen_design

TEN = Thresholds()
ARMS = (ArmCount(None, "a", "a", 100), ArmCount(None, "b", "b", 100))


def funnel(*leaving, last=200):
    left = [last + sum(leaving[i + 1 :]) for i in range(len(leaving))]
    first = FunnelStep(1, "Register", "", 0, last + sum(leaving))
    rest = [
        FunnelStep(i + 2, f"Step {i}", "A reason", n, left[i])
        for i, n in enumerate(leaving)
    ]
    return (first, *rest)


def test_large_steps_are_shown():
    shown = screen_design(funnel(500, 40), ARMS, TEN)
    assert [s.n_leaving for s in shown.funnel] == ["0", "500", "40"]
    assert [s.n_left for s in shown.funnel] == ["740", "240", "200"]
    assert shown.enrolled == "200"
    assert not shown.legend


def test_a_small_step_hides_a_neighbour_and_what_lies_between():
    shown = screen_design(funnel(500, 4, 40, 60), ARMS, TEN)
    assert shown.funnel[2].n_leaving == "<10"
    assert "x" in {shown.funnel[1].n_leaving, shown.funnel[3].n_leaving}
    assert shown.funnel[4].n_left == "200"
    assert shown.legend


def test_a_single_small_step_hides_where_it_started():
    known = frozenset({"a", "b"})
    shown = screen_design(funnel(4), ARMS, TEN, known_arms=known)
    assert [(s.n_leaving, s.n_left) for s in shown.funnel] == [
        ("0", "x"),
        ("<10", "200"),
    ]


def test_a_small_arm_does_not_follow_from_the_funnel():
    arms = (*ARMS, ArmCount(None, "c", "c", 6))
    known = frozenset({"a", "b"})
    shown = screen_design(funnel(500, last=206), arms, TEN, known_arms=known)
    assert [a.persons for a in shown.arms] == ["100", "100", "<10"]
    assert shown.enrolled == "x"
    assert shown.funnel[-1].n_left == "x"


def test_recorded_errors_are_counted_against_the_rule():
    arms = (
        ArmCount("a", "a", "a", 300),
        ArmCount("a", "b", "a", 20),
        ArmCount("b", "b", "b", 310),
        ArmCount("b", "a", "b", 15),
        ArmCount("b", None, "b", 11),
    )
    shown = screen_design((), arms, TEN)
    assert [(a.persons, a.by_rule, a.recorded) for a in shown.arms] == [
        ("320", "320", "315"),
        ("336", "336", "330"),
    ]
    assert [a.discordant for a in shown.arms] == ["20", "26"]
    assert shown.discordant == "46"


def test_few_recorded_errors_do_not_follow_from_the_arms():
    arms = (
        ArmCount("a", "a", "a", 300),
        ArmCount("a", "b", "a", 20),
        ArmCount("b", "b", "b", 310),
        ArmCount("b", "a", "b", 3),
    )
    shown = screen_design((), arms, TEN, known_arms=frozenset({"a", "b"}))
    hidden = {"<10", "x"}
    assert shown.arms[1].discordant in hidden
    assert shown.discordant in hidden
    assert {a.persons for a in shown.arms} == {"320", "313"}


def test_the_analysis_may_follow_the_recorded_arm():
    arms = (
        ArmCount("a", "a", "a", 300),
        ArmCount("a", "b", "b", 20),
        ArmCount("b", "b", "b", 310),
        ArmCount("b", "a", "a", 13),
    )
    shown = screen_design((), arms, TEN)
    assert [(a.persons, a.recorded) for a in shown.arms] == [
        ("313", "313"),
        ("330", "330"),
    ]


def test_the_data_owner_can_exempt_a_table():
    exempt = Exemption(table="funnel", rule="rule 9", reason="counts by design")
    shown = screen_design(funnel(500, 4), ARMS, TEN, exemptions=(exempt,))
    assert [s.n_leaving for s in shown.funnel] == ["0", "500", "4"]


def test_a_funnel_that_does_not_end_in_the_arms_is_refused():
    with pytest.raises(ContractError, match="do not add up"):
        screen_design(funnel(500, last=199), ARMS, TEN)
