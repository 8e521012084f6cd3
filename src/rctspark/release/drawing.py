"""How figures look, and how they become the same bytes each time."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure as Canvas

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from matplotlib.axes import Axes

INK = "#1c2733"
QUIET = "#5b6770"
RULE = "#c9d1d8"
CONTROL = "#5b6770"
WARNING = "#8a1c1c"
# Okabe and Ito (2008): told apart with every common colour vision deficiency.
ARM_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#A87900", "#3C93C9")
MARKERS = ("o", "s", "^", "D", "v", "P")
WIDTH_INCHES = 7.4
PNG_DPI = 200
STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": RULE,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#e7ebee",
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    # Text as outlines: the figure looks the same in every word processor.
    "svg.fonttype": "path",
    "svg.hashsalt": "rctspark",
    "axes.unicode_minus": True,
}
TICK_STEPS = (1, 2, 3, 4, 6, 12, 13, 26, 52)
MOST_TICKS = 9
PREAMBLE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A figure with its data.

    Attributes:
        name: Name of its files.
        title: Heading.
        caption: What is seen, with n and the level of intervals.
        svg: The drawing, without outside reference.
        png: The same, as pixels.
        data: Every number drawn, with its n.
    """

    name: str
    title: str
    caption: str
    svg: str
    png: bytes
    data: pd.DataFrame


@contextlib.contextmanager
def publication_style() -> Iterator[None]:
    """Draw in the house style, leaving matplotlib's own settings as they were."""
    defaults = {k: v for k, v in mpl.rcParamsDefault.items() if k != "backend"}
    settings: Any = defaults | STYLE
    with mpl.rc_context(settings):
        yield


def new_canvas(height_inches: float) -> Canvas:
    """Return an empty drawing as wide as a page of text.

    Args:
        height_inches: Its height.

    Returns:
        A canvas that belongs to no window and no global state.
    """
    return Canvas(figsize=(WIDTH_INCHES, height_inches), layout="constrained")


def rendered(canvas: Canvas, name: str, *, is_synthetic: bool) -> tuple[str, bytes]:
    """Write a drawing as SVG and PNG, the same bytes each time.

    Args:
        canvas: The drawing.
        name: Put before every id, so that several drawings can share a page.
        is_synthetic: Whether the drawing says that its data are made up: it may be
            pasted elsewhere without its page.

    Returns:
        The SVG element, without document type, date or maker; the PNG.
    """
    if is_synthetic:
        label = canvas.text(0.998, 0.002, "SYNTHETIC DATA", ha="right", va="bottom")
        label.set(color=WARNING, fontsize=7.5)
    vector, pixels = io.BytesIO(), io.BytesIO()
    canvas.savefig(vector, format="svg", metadata=NO_METADATA)
    # The lay-out is found once: it is most of the work.
    canvas.set_layout_engine("none")
    canvas.savefig(pixels, format="png", metadata={"Software": None}, dpi=PNG_DPI)
    svg = PREAMBLE.sub("", vector.getvalue().decode())
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    return svg, pixels.getvalue()


def colour(arm: int) -> str:
    """Return the colour of the treatment with this place in the plan."""
    return ARM_COLOURS[arm % len(ARM_COLOURS)]


def marker(arm: int) -> str:
    """Return the marker of the treatment with this place in the plan."""
    return MARKERS[arm % len(MARKERS)]


def whole_ticks(axes: Axes, first: int, last: int) -> None:
    """Put ticks on whole periods only, and not too many of them."""
    fits = (s for s in TICK_STEPS if (last - first) / s <= MOST_TICKS)
    step = next(fits, TICK_STEPS[-1])
    start = -(-first // step) * step
    axes.set_xticks(range(start, last + 1, step))
    axes.set_xlim(first - 0.5, last + 0.5)
