"""The language of the house: tables, columns and results. Knows no Spark."""

from __future__ import annotations

from rctspark.contracts.answer import ANSWERS
from rctspark.contracts.assignment import ASSIGNMENT, ASSIGNMENT_LISTS
from rctspark.contracts.benefit import BENEFIT_SPELLS
from rctspark.contracts.coefficients import COEFFICIENTS, Coefficient
from rctspark.contracts.contact import CONTACTS
from rctspark.contracts.delivery import (
    DATA_VERSIONS,
    DELIVERIES,
    PERSON_KEYS,
    PERSON_LINKS,
    REJECTED_ROWS,
)
from rctspark.contracts.descriptives import DESCRIPTIVES, Descriptive
from rctspark.contracts.duration_tables import DURATION_CURVES, DURATION_ESTIMATES
from rctspark.contracts.families import TESTS, JudgedTest
from rctspark.contracts.operation import (
    GATE_RESULTS,
    RELEASES,
    Gate,
    GateResult,
    Linking,
)
from rctspark.contracts.panel import PERSON_MONTH, PERSON_MONTH_KEY, PERSON_OUTCOME
from rctspark.contracts.payroll import PAYROLL
from rctspark.contracts.person import PERSONS
from rctspark.contracts.population import FUNNEL, POPULATION
from rctspark.contracts.registration import REGISTRATIONS
from rctspark.contracts.results import EFFECTS, Effect
from rctspark.contracts.status import STATUSES
from rctspark.contracts.study import STUDY_LISTS
from rctspark.contracts.table import Column, Promise, Table

REGISTERS = (
    PERSONS,
    BENEFIT_SPELLS,
    PAYROLL,
    CONTACTS,
    ASSIGNMENT_LISTS,
    STUDY_LISTS,
    STATUSES,
    ANSWERS,
    PERSON_LINKS,
)
"""Tables that a delivery can feed."""

TABLES = {
    table.name: table
    for table in (
        *REGISTERS,
        DELIVERIES,
        REJECTED_ROWS,
        PERSON_KEYS,
        DATA_VERSIONS,
        ASSIGNMENT,
        POPULATION,
        FUNNEL,
        PERSON_MONTH,
        PERSON_OUTCOME,
        EFFECTS,
        TESTS,
        COEFFICIENTS,
        DESCRIPTIVES,
        DURATION_ESTIMATES,
        DURATION_CURVES,
        GATE_RESULTS,
        RELEASES,
        REGISTRATIONS,
    )
}
"""Every table by name."""

__all__ = [
    "ANSWERS",
    "ASSIGNMENT",
    "ASSIGNMENT_LISTS",
    "BENEFIT_SPELLS",
    "COEFFICIENTS",
    "CONTACTS",
    "DATA_VERSIONS",
    "DELIVERIES",
    "DESCRIPTIVES",
    "DURATION_CURVES",
    "DURATION_ESTIMATES",
    "EFFECTS",
    "FUNNEL",
    "GATE_RESULTS",
    "PAYROLL",
    "PERSONS",
    "PERSON_KEYS",
    "PERSON_LINKS",
    "PERSON_MONTH",
    "PERSON_MONTH_KEY",
    "PERSON_OUTCOME",
    "POPULATION",
    "REGISTERS",
    "REGISTRATIONS",
    "REJECTED_ROWS",
    "RELEASES",
    "STATUSES",
    "STUDY_LISTS",
    "TABLES",
    "TESTS",
    "Coefficient",
    "Column",
    "Descriptive",
    "Effect",
    "Gate",
    "GateResult",
    "JudgedTest",
    "Linking",
    "Promise",
    "Table",
]
