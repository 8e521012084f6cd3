"""Pages from the templates of this package, each complete in itself."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from rctspark.release.numerals import persons

if TYPE_CHECKING:
    from collections.abc import Mapping

STYLE = "report.css"


def fill_template(
    name: str,
    values: Mapping[str, object],
    *,
    filters: Mapping[str, Any],
    is_trimmed: bool = True,
) -> str:
    """Fill a template.

    Args:
        name: Its file in this package.
        values: What it is filled with, besides `style`.
        filters: What it may call on a value, besides `persons`.
        is_trimmed: Whether the line end after a block goes.

    Returns:
        The page as HTML; a value that a template asks for and lacks is an error.
    """
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.BaseLoader(),
        lstrip_blocks=True,
        trim_blocks=is_trimmed,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"persons": persons, **filters}
    style = Markup(_packaged(STYLE))  # noqa: S704 (our own file)
    return environment.from_string(_packaged(name)).render(style=style, **values)


def _packaged(name: str) -> str:
    return resources.files("rctspark.release").joinpath(name).read_text("utf-8")
