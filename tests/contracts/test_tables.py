"""Contracts: what they refuse, promise and write; no Spark."""

import pytest

from rctspark.contracts import REJECTED_ROWS, TABLES, Column, Table
from rctspark.contracts.dictionary import write_dictionary
from rctspark.errors import ContractError


def test_the_data_dictionary_is_that_of_the_contracts(root):
    page = (root / "docs" / "tables.md").read_text()
    assert page == write_dictionary(TABLES.values()), "run `make docs`"


def test_every_table_has_a_key_that_cannot_be_null_unless_a_row_may_name_nobody():
    for table in TABLES.values():
        assert table.key, table.name
        nullable = [k for k in table.key if table[k].is_nullable]
        # Null is a value of this key: rows set aside because they name no person.
        allowed = ["person_id"] if table is REJECTED_ROWS else []
        assert nullable == allowed, table.name


def test_names_of_promises_are_unique():
    ids = [p.id for table in TABLES.values() for p in table.promises]
    assert len(ids) == len(set(ids))


def test_identifiers_of_persons_stay_in_restricted_tables():
    open_names = {
        c.name for t in TABLES.values() if t.access == "open" for c in t.columns
    }
    assert not open_names & {"check_bits", "cells", "linked_person_id"}


def test_a_contract_that_names_a_column_it_lacks_is_refused():
    with pytest.raises(ContractError, match="has no column"):
        Table("t", "one row", ("a",), (Column("b", "int", "A number."),))
