"""What a chain leaves behind where a step stops it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import run_chain
from rctspark.errors import DeliveryError, GateError, StoreError


@pytest.fixture
def chain(monkeypatch):
    """A chain of one step that raises what is given; returns what it wrote."""

    def run(error, *, site=None):
        wrote = []

        def step(_):
            raise error

        def page(part):
            wrote.append(part)
            if site:
                raise site

        monkeypatch.setattr(run_chain, "STEPS", ((step,),))
        monkeypatch.setattr(run_chain, "write_quality_site", page)
        log = SimpleNamespace(say=lambda *_, **__: None)
        with pytest.raises(type(error)) as told:
            run_chain.run_chain(
                SimpleNamespace(is_registering=False, log=log, part=lambda name: name)
            )
        assert told.value is error
        return wrote

    return run


def test_a_chain_that_the_gate_stops_writes_the_page_that_says_which_rule(chain):
    assert chain(GateError("pay breaks 1 of 8 rules")) == ["write_quality_site"]


def test_a_page_that_cannot_be_written_hides_nothing_of_what_failed(chain):
    chain(GateError("pay breaks 1 of 8 rules"), site=StoreError("another run"))


def test_a_chain_that_stops_at_the_files_leaves_the_page_as_it_is(chain):
    assert chain(DeliveryError("1 fault(s)")) == []
