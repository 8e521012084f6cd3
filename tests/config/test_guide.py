"""The pages of plans, mappings and settings say what the parsers do."""

import sys

import pytest
from pydantic import Field

from rctspark.config import Plan, Settings, read_plan
from rctspark.config.documents import Document
from rctspark.config.guide import meanings_of, parts_of, write_guide
from rctspark.config.mapping import Mapping


@pytest.mark.parametrize("model", [Plan, Mapping, Settings])
def test_every_key_of_a_file_has_a_meaning(model):
    silent = [
        f"{part.__name__}.{key}"
        for part in parts_of(model)
        for key in part.model_fields
        if not meanings_of(part).get(key)
    ]
    assert silent == []


def test_the_pages_are_those_that_make_docs_writes(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "jobs"))
    from write_docs import pages

    sys.modules.pop("write_docs")
    for name, text in pages().items():
        assert (root / "docs" / name).read_text() == text, "run `make docs`"


class Room(Document):
    """A room of a house.

    Attributes:
        name: What it is called.
        windows: How many
            windows.
    """

    name: str
    windows: int = 2


class House(Document):
    """A house.

    Attributes:
        rooms: The rooms.
        is_old: Whether it is old.
        owner: Who has it.
    """

    rooms: tuple[Room, ...] = Field(min_length=1)
    is_old: bool = False
    owner: str | None = None


def test_a_page_tells_keys_forms_defaults_and_meanings_of_every_part():
    page = write_guide(House, title="Houses", opening="Where people live.")
    lines = page.splitlines()
    assert lines[0] == "# Houses"
    assert "Where people live." in lines
    assert "| rooms | list of [Room](#room) | must stand there | The rooms. |" in lines
    assert "| is_old | true or false | `false` | Whether it is old. |" in lines
    assert "| owner | text |  | Who has it. |" in lines
    assert lines.index("## House") < lines.index("## Room")
    assert "| windows | whole number | `2` | How many windows. |" in lines


def test_the_plan_on_the_page_of_plans_is_one_that_can_be_read(root, tmp_path):
    page = (root / "docs" / "plans.md").read_text()
    file = tmp_path / "talks.yaml"
    file.write_text(page.split("```yaml\n")[1].split("```")[0])
    plan = read_plan(file)
    assert {
        (root / "conf/mappings" / f"{m}.yaml") for m in plan.registers.mappings
    } <= {*(root / "conf/mappings").iterdir()}
