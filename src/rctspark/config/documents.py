"""YAML files read once into frozen objects; every fault at once, with its line."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from rctspark.errors import ConfigError, listed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic import JsonValue

D = TypeVar("D", bound="Document")
DIGEST_LENGTH = 16


class Document(BaseModel):
    """A part of a configuration file: frozen, and no key is ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def canonical(self, *, without: frozenset[str] = frozenset()) -> str:
        """Write what the file says, not how it is written.

        Args:
            without: Top-level keys that carry no meaning: labels, descriptions.

        Returns:
            Parsed values as JSON, keys in order, defaults filled in. What is empty
            is left out, so that a file keeps its form when the language grows.
        """
        parsed = _stated(self.model_dump(mode="json", exclude=set(without)))
        return json.dumps(parsed, sort_keys=True, separators=(",", ":"))

    def digest(self, *, without: frozenset[str] = frozenset()) -> str:
        """Return a digest of what the file says, not of how it is written.

        Args:
            without: Top-level keys that carry no meaning: labels, descriptions.

        Returns:
            The first 16 hexadecimal digits of the SHA-256 of the canonical form.
        """
        canonical = self.canonical(without=without)
        return hashlib.sha256(canonical.encode()).hexdigest()[:DIGEST_LENGTH]


def _stated(value: JsonValue) -> JsonValue:
    """Leave out the keys that say nothing."""
    if isinstance(value, dict):
        kept = {key: _stated(inner) for key, inner in value.items()}
        return {k: v for k, v in kept.items() if v not in (None, "", [], {})}
    return [_stated(inner) for inner in value] if isinstance(value, list) else value


class _Loader(yaml.SafeLoader):
    """YAML in which only true and false are booleans: codes such as NO stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(":bool")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool",
    re.compile("^(?:true|false)$"),
    ["t", "f"],
)


def read_document(
    path: Path,
    model: type[D],
    *,
    error: type[ConfigError] = ConfigError,
    crosscheck: Callable[[D], list[tuple[str, str]]] | None = None,
) -> D:
    """Read one YAML file.

    Args:
        path: The file.
        model: What it must hold.
        error: Raised when it doesn't.
        crosscheck: Finds faults between the parts of a file whose parts are right:
            dotted key and words.

    Returns:
        The parsed file.

    Raises:
        ConfigError: The file is missing, is not YAML, or has faults; the message
            lists all of them, each with line and key.
    """
    return overlay_documents([path], model, error=error, crosscheck=crosscheck)


def overlay_documents(
    paths: list[Path],
    model: type[D],
    *,
    error: type[ConfigError] = ConfigError,
    crosscheck: Callable[[D], list[tuple[str, str]]] | None = None,
) -> D:
    """Read YAML files laid over one another: the last one that has a key wins.

    Args:
        paths: Files, the first being the ground.
        model: What they must hold together.
        error: Raised when they don't.
        crosscheck: As for `read_document`.

    Returns:
        The parsed files.

    Raises:
        ConfigError: As for `read_document`.
    """
    merged: dict[str, Any] = {}
    lines: dict[tuple[str | int, ...], str] = {}
    faults: list[str] = []
    for path in paths:
        node = _compose(path, error)
        faults += _repeated_keys(node, path)
        loader = _Loader("")
        value = loader.construct_document(node) if node is not None else {}
        if not isinstance(value, dict):
            raise error(f"{path} must hold keys and values, not a single value.")
        merged = _overlay(merged, value)
        lines |= {loc: f"{path}:{line}" for loc, line in _lines(node, ())}
    try:
        document = model.model_validate(merged)
    except ValidationError as invalid:
        found = [(fault["loc"], _words(fault["msg"])) for fault in invalid.errors()]
    else:
        crossed = crosscheck(document) if crosscheck else []
        found = [(_location(key), words) for key, words in crossed]
    faults += [
        f"{_place(loc, lines, paths[-1])}: {_key(loc)}: {words}" for loc, words in found
    ]
    if faults:
        name = " over ".join(str(path) for path in paths)
        raise error(f"{name} has {len(faults)} fault(s):\n{listed(faults)}")
    return document


def _compose(path: Path, error: type[ConfigError]) -> yaml.Node | None:
    if not path.is_file():
        raise error(f"{path} does not exist. Name a file, or make it.")
    try:
        return yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(broken, "problem", "")
        raise error(f"{path}{line} is not YAML: {problem}.") from None


def _overlay(ground: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(ground)
    for key, value in above.items():
        below = merged.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = _overlay(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _children(node: yaml.Node | None) -> list[tuple[str | int, yaml.Node, int]]:
    if isinstance(node, yaml.MappingNode):
        return [(k.value, v, k.start_mark.line + 1) for k, v in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [(i, v, v.start_mark.line + 1) for i, v in enumerate(node.value)]
    return []


def _lines(
    node: yaml.Node | None, loc: tuple[str | int, ...]
) -> list[tuple[tuple[str | int, ...], int]]:
    found = []
    for key, child, line in _children(node):
        found.append(((*loc, key), line))
        found += _lines(child, (*loc, key))
    return found


def _repeated_keys(node: yaml.Node | None, path: Path) -> list[str]:
    faults = []
    seen: set[str | int] = set()
    for key, child, line in _children(node):
        if key in seen:
            faults.append(f"{path}:{line}: {key}: the key stands here twice")
        seen.add(key)
        faults += _repeated_keys(child, path)
    return faults


def _place(
    loc: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], str],
    path: Path,
) -> str:
    """Return file and line of the nearest key that stands in a file."""
    known = loc
    while known:
        if known in lines:
            return lines[known]
        # A tagged union puts the tag in the location; the file has no such key.
        known = next(
            (short for short in _without_one(known) if short in lines), known[:-1]
        )
    return f"{path}:1"


def _without_one(loc: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    return [loc[:i] + loc[i + 1 :] for i in reversed(range(len(loc)))]


def _location(key: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in key.split("."))


def _key(loc: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in loc) or "the file"


def _words(message: str) -> str:
    return message.removeprefix("Value error, ")
