"""Where a plan differs from a registered one, key by key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rctspark.contracts.registration import Difference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from rctspark.config.plan.plan import Plan

NAMING = (
    *(("name",), ("id",), ("number",)),
    ("outcome", "horizon", "model", "population"),
    *(("population",), ("table",)),
)
"""Keys by which the parts of a list are told apart, the first that all of them have."""


def find_differences(registered: str, plan: Plan) -> tuple[Difference, ...]:
    """Compare a plan with the text of a registered one.

    Labels are in neither. Parts of a list that have names are compared by name, so
    that one that is put in between differs alone; a list of plain values is one value.

    Args:
        registered: Text of the registered plan.
        plan: The plan.

    Returns:
        One difference per key, in the order of the keys; none where they are equal.
    """
    return tuple(_compare("", json.loads(registered), json.loads(plan.text)))


def _compare(key: str, before: JsonValue, now: JsonValue) -> list[Difference]:
    if before == now:
        return []
    parts = _parts(before, now)
    if parts is None:
        return [Difference(key, _written(before), _written(now))]
    found = []
    for name in sorted({*parts[0], *parts[1]}):
        inner = f"{key}.{name}" if key else name
        found += _compare(inner, parts[0].get(name), parts[1].get(name))
    if not found:
        # The same parts in another order.
        return [Difference(key, ", ".join(parts[0]), ", ".join(parts[1]))]
    return found


def _parts(
    before: JsonValue, now: JsonValue
) -> tuple[Mapping[str, JsonValue], Mapping[str, JsonValue]] | None:
    """Return what can be compared part by part; None: a value is compared as one."""
    if isinstance(before, dict) and isinstance(now, dict):
        return before, now
    if isinstance(before, list) and isinstance(now, list):
        names = _naming([*before, *now])
        if names is not None:
            return _named(before, names), _named(now, names)
    return None


def _naming(parts: Sequence[JsonValue]) -> tuple[str, ...] | None:
    records = [part for part in parts if isinstance(part, dict)]
    if len(records) < len(parts):
        return None
    for names in NAMING:
        if all(name in record for record in records for name in names):
            return names
    return None


def _named(parts: Sequence[JsonValue], by: Sequence[str]) -> dict[str, JsonValue]:
    named: dict[str, JsonValue] = {}
    for part in parts:
        name = " ".join(str(part[key]) for key in by) if isinstance(part, dict) else ""
        # A name that stands twice is told apart by its place.
        named[name if name not in named else f"{name} ({len(named) + 1})"] = part
    return named


def _written(value: JsonValue) -> str:
    """Write a value for readers; of a whole part what it says, not what it lacks."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return ", ".join(
            f"{key}: {_inside(part)}" for key, part in value.items() if _says(part)
        )
    return _inside(value)


def _says(value: JsonValue) -> bool:
    return value not in (None, "", [], {})


def _inside(value: JsonValue) -> str:
    if isinstance(value, dict):
        return f"{{{_written(value)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_inside(part) for part in value)}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
