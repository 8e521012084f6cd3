"""Pages that say what may stand in a configuration file, key by key.

Made from the classes that parse the files, so a page can't say what the parser does
not do: names, forms and defaults are theirs, meanings are those of their docstrings.
"""

from __future__ import annotations

import inspect
import re
from enum import Enum
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic_core import PydanticUndefined

from rctspark.config.documents import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.fields import FieldInfo

ATTRIBUTES = "Attributes:\n"
KEY = re.compile(r"^    (\w+): ", re.MULTILINE)
PLAIN = {
    "Path": "path",
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
}


def write_guide(model: type[Document], *, title: str, opening: str) -> str:
    """Write what may stand in a kind of file as Markdown.

    Args:
        model: What the file is parsed into.
        title: Heading of the page.
        opening: What comes before the first section.

    Returns:
        The page: a section per part of the file, in the order in which they are met.
    """
    head = f"# {title}\n\nMade by `make docs`; a test holds the page to the parser.\n"
    sections = [_section(part) for part in parts_of(model)]
    return "\n".join([head, opening, "", *sections])


def parts_of(model: type[Document]) -> tuple[type[Document], ...]:
    """Return a part of a file and all parts within it, each once."""
    found = [model]
    for part in found:
        inner = (p for f in part.model_fields.values() for p in _parts(f.annotation))
        found += [p for p in dict.fromkeys(inner) if p not in found]
    return tuple(found)


def meanings_of(part: type[Document]) -> dict[str, str]:
    """Return key to meaning, those of the classes that it stands on included."""
    found: dict[str, str] = {}
    for one in reversed(part.__mro__):
        if not issubclass(one, Document) or "__doc__" not in vars(one):
            continue
        text = inspect.cleandoc(one.__doc__ or "")
        _, _, attributes = text.partition(ATTRIBUTES)
        pieces = KEY.split(attributes)[1:]
        keys, words = pieces[::2], pieces[1::2]
        found |= {k: " ".join(w.split()) for k, w in zip(keys, words, strict=True)}
    if "kind" in part.model_fields:
        found.setdefault("kind", "Which of the forms this is.")
    return found


def _section(part: type[Document]) -> str:
    words, _, _ = inspect.cleandoc(part.__doc__ or "").partition(ATTRIBUTES)
    meanings = meanings_of(part)
    lines = [f"## {part.__name__}", "", " ".join(words.split()), ""]
    lines += ["| key | form | unless said | meaning |", "|---|---|---|---|"]
    for name, field in part.model_fields.items():
        cells = (name, _form(field.annotation), _unless(field), meanings.get(name, ""))
        lines.append(
            "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        )
    return "\n".join([*lines, ""])


def _parts(annotation: Any) -> Iterator[type[Document]]:  # noqa: ANN401 (any type)
    if isinstance(annotation, type) and issubclass(annotation, Document):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)


def _form(annotation: Any) -> str:  # noqa: ANN401 (any type)
    """Say in words which form a value has."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in CONTAINERS:
        return CONTAINERS[origin](inner)
    if isinstance(annotation, type) and issubclass(annotation, Document):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    name = getattr(annotation, "__name__", str(annotation))
    return PLAIN.get(name, name)


def _any_of(inner: tuple[Any, ...]) -> str:
    return " or ".join(_form(one) for one in inner if one is not NoneType)


def _listed(inner: tuple[Any, ...]) -> str:
    if len(inner) == 1 or Ellipsis in inner:
        return f"list of {_form(inner[0])}"
    return "[" + ", ".join(map(_form, inner)) + "]"


CONTAINERS: dict[Any, Callable[[tuple[Any, ...]], str]] = {
    Annotated: lambda inner: _form(inner[0]),
    Literal: lambda inner: " or ".join(f"`{value}`" for value in inner),
    Union: _any_of,
    UnionType: _any_of,
    tuple: _listed,
    list: _listed,
    frozenset: _listed,
    dict: lambda inner: f"{_form(inner[0])} to {_form(inner[1])}",
}


def _unless(field: FieldInfo) -> str:
    """Say what holds where the key is left out."""
    if field.is_required():
        return "must stand there"
    value = field.default
    if value is PydanticUndefined or value is None or value in ((), "", [], {}):
        return ""
    if isinstance(value, Document):
        return "its own defaults"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
    return f"`{getattr(shown, 'value', shown)}`"
