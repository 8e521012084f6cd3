"""What had been delivered while the trial ran: cut from the same events, apart."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from rctspark.config.mapping import read_mapping
from rctspark.errors import ConfigError
from rctspark.sources.delivered import find_deliveries
from rctspark.twin import find_interim
from rctspark.twin.ww.files import DeliveryFolder
from rctspark.twin.ww.interim import KNOWN_UNTIL, interim_sheets

AHEAD = dt.timedelta(days=14)


@pytest.fixture(scope="module")
def sheets(world):
    found = defaultdict(list)
    for sheet in interim_sheets(world):
        found[sheet.folder].append(sheet)
    return found


def test_each_day_has_persons_spells_agenda_and_services_that_grow(sheets):
    assert {name: len(found) for name, found in sheets.items()} == {
        "persons": 4,
        "ww_spells": 3,  # those of 31 January 2013 are among the final deliveries
        "agenda": 4,
        "services": 4,
    }
    for found in sheets.values():
        sizes = [sheet.table.num_rows for sheet in found]
        assert sizes == sorted(set(sizes))
        assert not any(sheet.faults for sheet in found)
        assert all(sheet.name.startswith("SYNTHETIC") for sheet in found)


def test_what_lies_ahead_in_the_agenda_is_planned_and_nothing_else_is(sheets, world):
    later = Counter()
    for text, sheet in zip(KNOWN_UNTIL, sheets["agenda"], strict=True):
        until = dt.date.fromisoformat(text)
        for day, status, reason in zip(
            *(sheet.table[c].to_pylist() for c in ("DATUM", "STATUS", "EINDREDEN")),
            strict=True,
        ):
            assert day <= until + AHEAD
            if day > until:
                assert (status, reason) == ("P", None)
                later[text] += 1
    assert set(later) == set(KNOWN_UNTIL)
    known = sum(world.agenda.date <= dt.date(2013, 10, 14))
    assert sheets["agenda"][-1].table.num_rows == known


def test_a_person_is_known_once_a_benefit_has_begun(sheets):
    persons = set(sheets["persons"][0].table["BSN"].to_pylist())
    spells = sheets["ww_spells"][0].table
    assert set(spells["BSN"].to_pylist()) == persons
    assert max(spells["AANVANGSDATUM"].to_pylist()) <= "20121130"


def test_the_names_are_those_of_older_versions_of_the_same_deliveries(
    sheets, root, tmp_path
):
    mappings = {
        "persons": "uwv_persons",
        "ww_spells": "uwv_ww_spells",
        "agenda": "uwv_agenda",
        "services": "uwv_services",
    }
    with DeliveryFolder(tmp_path) as deliveries:
        for sheet in (sheet for name in mappings for sheet in sheets[name]):
            deliveries.add(replace(sheet, table=sheet.table.slice(0, 1)))
    for mapping in mappings.values():
        read = read_mapping(root / "conf" / "mappings" / f"{mapping}.yaml")
        files = find_deliveries(tmp_path, [read])
        assert {f.period for f in files} == {"all"}
        assert len({f.version for f in files}) == len(files)
        assert max(f.delivered_on for f in files) == dt.date(2013, 10, 15)


def test_a_twin_without_interim_deliveries_says_so():
    with pytest.raises(ConfigError, match="final deliveries only"):
        find_interim("reintegration")
