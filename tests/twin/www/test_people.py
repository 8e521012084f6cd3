"""Who was drawn and what they are like, counted by hand: tables 1 to 5."""

from __future__ import annotations

from collections import Counter

import numpy as np
from scipy import stats

from reference.www_registers import ARMS, NAMES, rows
from twin.www.printed import agrees, published


def test_the_funnel_is_that_of_figure_1(study, root):
    for site, code in (("utrecht", "0344"), ("zeist", "0355")):
        here = [r for r in study.values() if r["GEMEENTE"] == code]
        applied = [r for r in here if r["TOESTEMMING"]]
        gone = [r for r in applied if not r["LOTING"]]
        count = Counter(ARMS[r["ARM"]] for r in here if r["ARM"])
        found = {
            "benefit_population": len(here),
            "excluded": sum(bool(r["REDENUITSLUITING"]) for r in here),
            "target_population": sum(not r["REDENUITSLUITING"] for r in here),
            "reference_group": sum(r["REFERENTIE"] == "J" for r in here),
            "invited": sum(
                bool(r["UITNODIGING"]) and r["REFERENTIE"] == "N" for r in here
            ),
            "applied": len(applied),
            "withdrew_before_draw": sum(r["REDENAFMELDING"] != "UIT" for r in gone),
            "left_benefit_before_draw": sum(r["REDENAFMELDING"] == "UIT" for r in gone),
            "randomised": sum(bool(r["LOTING"]) for r in here),
        } | {f"arm_{name}": count[name] for name in NAMES}
        wanted = published(root, "figure_1_population_funnel")
        assert found == {r["stage"]: int(r[site]) for r in wanted}


# Printed so by a slip: conf/published/www/README.md says which.
SLIPS = {
    ("arrangement", "3", "control"),
    ("benefit_duration", "3_years_or_more", "study"),
    ("arrangement", "1", "p_hia"),
}


def test_balance_over_the_arms_is_that_of_tables_1_and_5(  # noqa: C901
    arm, traits, wages, root
):
    members = {name: [p for p in arm if arm[p] == name] for name in NAMES}
    members["study"] = list(arm)
    wrong = []
    for r in published(root, "table_1_and_5_balance_pct"):
        what, category = r["characteristic"], r["category"]
        for name, people in members.items():
            printed = r[name]
            if category == "n":
                value = len(people)
            elif category == "mean":
                value = np.mean([wages[p][what == "wage_24m_eur"] for p in people])
            elif "<" in printed or "-" in printed:
                continue
            else:
                value = 100 * np.mean([traits[p][what] == category for p in people])
            if not agrees(value, printed) and (what, category, name) not in SLIPS:
                wrong.append((what, category, name, printed, value))
        for name in NAMES[1:]:
            printed = r[f"p_{name}"]
            if printed and (what, category, f"p_{name}") not in SLIPS:
                value = p_value(what, members["control"], members[name], traits, wages)
                if not agrees(value, printed):
                    wrong.append((what, "p", name, printed, value))
    assert not wrong


def p_value(what, control, others, traits, wages):
    if what.startswith("wage"):
        place = what == "wage_24m_eur"
        values = [[wages[p][place] for p in people] for people in (control, others)]
        return stats.ttest_ind(*values).pvalue
    counts = [Counter(traits[p][what] for p in people) for people in (control, others)]
    table = [[c[k] for k in sorted({*counts[0], *counts[1]})] for c in counts]
    return stats.chi2_contingency(table, correction=False).pvalue


def test_target_and_reference_are_those_of_table_3(group, traits, wages, root):
    people = {
        "target": list(group),
        "reference": [p for p in group if group[p] == "reference"],
        "study": [p for p in group if group[p] in NAMES],
    }
    wrong = []
    for r in published(root, "table_3_target_reference_study_pct"):
        what, category = r["characteristic"], r["category"]
        for name, members in people.items():
            if category == "n":
                value = len(members)
            elif category == "mean":
                value = np.mean([wages[p][what == "wage_24m_eur"] for p in members])
            else:
                value = 100 * np.mean([traits[p][what] == category for p in members])
            if not agrees(value, r[name]) and (what, category, name) not in SLIPS:
                wrong.append((what, category, name, r[name], value))
    assert not wrong


def test_strata_are_those_of_table_4(study, arm, root):
    found = Counter(study[p]["STRATUM"] for p in arm)
    wanted = {
        "late"
        if r["arrangement"] == "none"
        else f"{r['living_arrangement']} {r['arrangement']}": int(r["persons"])
        for r in published(root, "table_4_strata")
    }
    assert found == wanted
    by_arm = Counter((study[p]["STRATUM"], arm[p]) for p in arm)
    for stratum, n in wanted.items():
        sizes = [by_arm[stratum, name] for name in NAMES]
        assert set(sizes) <= {n // 4, -(-n // 4)}


def test_the_list_of_applicants_is_the_one_that_was_drawn(twin, study):
    listed = {r["RINPERSOON"]: r for r in rows(twin[0], "aanmeldingen")}
    assert set(listed) == {p for p in study if study[p]["LOTING"]}
    assert sum(r["LAAT"] == "J" for r in listed.values()) == 4
