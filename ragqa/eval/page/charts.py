"""Charts as inline SVG. Pure functions: the same numbers give the same markup.

Horizontal lengths are in percent of the width, so that a chart fills its column while its text keeps its size on a
phone and in print. Vertical lengths are in pixels. Colours and fonts come from the style sheet (classes s1 … s6 by
run). Runs differ not only by colour: bars by their filling, lines by their dashes, points by their shape.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ragqa.eval.page.axes import Axis, nice_ticks
from ragqa.eval.page.markup import Html, el, many

STYLES = 6
_SHAPES = (  # marks that look equally large, centred on 0
    "M4,0A4,4 0 1 1 -4,0A4,4 0 1 1 4,0Z",
    "M-3.6,-3.6H3.6V3.6H-3.6Z",
    "M0,-5.2L5.2,0L0,5.2L-5.2,0Z",
    "M0,-4.8L4.8,3.8H-4.8Z",
    "M0,4.8L4.8,-3.8H-4.8Z",
    "M-1.6,-4.8H1.6V-1.6H4.8V1.6H1.6V4.8H-1.6V1.6H-4.8V-1.6H-1.6Z",
)
_LEFT, _RIGHT = 11.0, 96.0  # of a plot's area, percent
_TOP, _AREA = 26, 180  # pixels
_BARS = 62.0  # percent of the width that a bar of full length takes
_COLUMNS = (82.0, 100.0)  # where the two columns of numbers beside bars end


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of one run in a group: its length, up to two numbers as text, an interval, and the
    length it could reach.
    """

    run: int
    length: float
    words: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    ghost: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: the number that decides its colour, dashes and shape, its name, and its points in order of x."""

    run: int
    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference with its interval, and up to two numbers as text."""

    label: str
    value: float
    low: float
    high: float
    words: tuple[str, ...] = ()


def style(run: int) -> str:
    """The class that gives run ``run`` (from 1) its colour and dashes; after `STYLES` classes they repeat."""
    return f"s{(run - 1) % STYLES + 1}"


def swatch(run: int) -> Html:
    """The sample of a run in a legend: a piece of its line with its shape on it."""
    pieces = _line("curve", ("0", "100%"), (7, 7)), _point("50%", 7, run)
    return el("svg", pieces, class_=f"swatch {style(run)}", width=34, height=14, aria_hidden="true")


def bar_chart(
    key: str,
    title: str,
    description: str,
    groups: Sequence[tuple[str, Sequence[Bar]]],
    most: float = 100.0,
    heads: Sequence[str] = (),
) -> Html:
    """Groups of bars below each other, each group under its name; a bar of length ``most`` takes the full width.

    The columns to the right of the bars hold their numbers, under ``heads``. A dotted bar shows the length that a bar
    could reach.
    """
    top = 18 if heads else 0
    pieces: list[Html] = [_column(head, place, 12, "soft") for head, place in zip(heads, _COLUMNS, strict=False)]
    for name, bars in groups:
        pieces.append(el("text", name, x=0, y=top + 14))
        top += 20
        for bar in bars:
            pieces.append(_bar(bar, top, most))
            top += 18
        top += 8
    return _chart(key, title, description, top, pieces)


def _bar(bar: Bar, top: int, most: float) -> Html:
    def across(value: float) -> float:
        return _BARS * min(1.0, max(0.0, value / most)) if most > 0 else 0.0

    pieces = [el("rect", class_="track", x=0, y=top, width=_percent(_BARS), height=13)]
    if bar.ghost is not None and bar.ghost > bar.length:
        width = across(bar.ghost) - across(bar.length)
        pieces.append(
            el("rect", class_="ghost", x=_percent(across(bar.length)), y=top + 0.5, width=_percent(width), height=12)
        )
    pieces.append(el("rect", class_="bar", x=0, y=top, width=_percent(across(bar.length)), height=13))
    if bar.low is not None and bar.high is not None:
        ends, middle = (_percent(across(bar.low)), _percent(across(bar.high))), top + 6.5
        pieces += [_line(kind, ends, (middle, middle)) for kind in ("halo", "whisker")]
    pieces += [_column(words, place, top + 11) for words, place in zip(bar.words, _COLUMNS, strict=False)]
    return el("g", pieces, class_=style(bar.run))


def forest(key: str, title: str, description: str, effects: Sequence[Effect], heads: Sequence[str] = ()) -> Html:
    """Differences with their intervals on one axis around 0, each under its name. The mark is filled if its interval
    does not contain 0.
    """
    ends = [value for effect in effects for value in (effect.low, effect.high, effect.value)]
    reach = max([abs(value) for value in ends if math.isfinite(value)], default=0.0) or 1.0
    low, high = min(0.0, *ends, -0.15 * reach), max(0.0, *ends, 0.15 * reach)
    axis = Axis("", low - 0.04 * (high - low), high + 0.04 * (high - low))

    def across(value: float) -> str:
        return _percent(_BARS * axis.place(value))

    rows: list[Html] = []
    top, ticks = 18 if heads else 0, nice_ticks(axis.low, axis.high, 3)
    for effect in effects:
        rows.append(el("text", effect.label, x=0, y=top + 14))
        middle = top + 28
        for value in ticks:
            kind = "zero" if value == 0 else "grid"
            rows.append(_line(kind, (across(value), across(value)), (middle - 8, middle + 8)))
        kind = "clear" if effect.low > 0 or effect.high < 0 else "open"
        rows.append(_line("whisker", (across(effect.low), across(effect.high)), (middle, middle)))
        rows.append(_point(across(effect.value), middle, 1, f"point {kind}"))
        rows += [_column(words, place, middle + 4) for words, place in zip(effect.words, _COLUMNS, strict=False)]
        top += 40
    marks = [_mark(_signed(value), across(value), top + 14) for value in ticks]
    marks += [_column(head, place, 12, "soft") for head, place in zip(heads, _COLUMNS, strict=False)]
    return _chart(key, title, description, top + 20, [*rows, *marks], "chart s1")


def line_chart(
    key: str,
    title: str,
    description: str,
    lines: Sequence[Line],
    axes: tuple[Axis, Axis],
    *,
    step: bool = False,
    diagonal: bool = False,
    points: bool = False,
) -> Html:
    """Curves over a grid with a horizontal and a vertical axis (``axes``). ``step`` draws them as stairs, ``points`` a
    mark at each point, ``diagonal`` the diagonal as well.
    """
    across, up = axes
    drawn = [el("path", class_="diagonal", d="M0,1000L1000,0", vector_effect="non-scaling-stroke")] if diagonal else []
    dots: list[Html] = []
    for line in lines:
        places = [(across.place(x), up.place(y)) for x, y in line.points if math.isfinite(x) and math.isfinite(y)]
        if not places:
            continue
        name = el("title", line.name)
        path = el("path", name, class_="curve", d=_path(places, step), vector_effect="non-scaling-stroke")
        drawn.append(el("g", path, class_=style(line.run)))
        marked = places if points or len(places) < 2 else places[-1:]
        dots += [el("g", _point(_x(x), _y(y), line.run), class_=style(line.run)) for x, y in marked]
    area = el(
        "svg", drawn, class_="area", overflow="visible", viewBox="0 0 1000 1000", preserveAspectRatio="none",
        x=_percent(_LEFT), y=_TOP, width=_percent(_RIGHT - _LEFT), height=_AREA,
    )  # fmt: skip
    bottom = _TOP + _AREA
    titles = [
        el("text", up.title, class_="soft", x=0, y=12),
        el("text", across.title, class_="soft", x=_percent(_RIGHT), y=bottom + 36, text_anchor="end"),
    ]
    return _chart(key, title, description, bottom + 42, [*_grid(across, up), area, *dots, *titles])


def interval_bars(key: str, description: str, figures: Mapping[int, tuple[float, float, float]], most: float) -> Html:
    """The figures (value, low, high) by run number, below each other on lines from 0 to ``most``;
    for a table's cell.
    """
    height = 4 + 14 * max(1, len(figures))
    pieces = [_line("grid", (_percent(at), _percent(at)), (0, height)) for at in (2, 50, 98)]
    for row, (run, (value, low, high)) in enumerate(figures.items()):
        middle = 9 + 14 * row
        at = [_percent(2 + 96 * min(1.0, max(0.0, one / most))) for one in (low, high, value)]
        whisker = _line("whisker", (at[0], at[1]), (middle, middle))
        pieces.append(el("g", whisker, _point(at[2], middle, run), class_=style(run)))
    return _chart(key, description, "", height, pieces, "chart cell")


def _chart(
    key: str, title: str, description: str, height: float, pieces: Sequence[Html], class_: str = "chart"
) -> Html:
    words = [el("title", title, id=f"{key}-t"), el("desc", description, id=f"{key}-d") if description else None]
    names = f"{key}-t {key}-d" if description else f"{key}-t"
    return el("svg", words, pieces, class_=class_, role="img", aria_labelledby=names, width="100%", height=height)


def _grid(across: Axis, up: Axis) -> list[Html]:
    bottom, pieces = _TOP + _AREA, []
    for value in up.ticks():
        y = _y(up.place(value))
        pieces.append(_line("grid", (_percent(_LEFT), _percent(_RIGHT)), (y, y)))
        pieces.append(el("text", _plain(value), class_="mark", x=_percent(_LEFT - 1.5), y=y + 4, text_anchor="end"))
    for value in across.ticks():
        x = _x(across.place(value))
        pieces.append(_line("grid", (x, x), (bottom, bottom + 4)))
        pieces.append(_mark(_plain(value), x, bottom + 18))
    return pieces


def _path(places: Sequence[tuple[float, float]], step: bool) -> str:
    points = [(round(1000 * x, 1), round(1000 * (1 - y), 1)) for x, y in places]
    path = f"M{points[0][0]:g},{points[0][1]:g}"
    for x, y in points[1:]:
        path += f"H{x:g}V{y:g}" if step else f"L{x:g},{y:g}"
    return path


def _line(class_: str, across: tuple[str, str], down: tuple[float, float]) -> Html:
    return el("line", class_=class_, x1=across[0], x2=across[1], y1=down[0], y2=down[1])


def _point(x: str, y: float, run: int, class_: str = "point") -> Html:
    shape = el("path", class_=class_, d=_SHAPES[(run - 1) % STYLES])
    return el("svg", shape, x=x, y=y, overflow="visible")


def _column(words: str, place: float, y: float, class_: str | None = None) -> Html:
    return el("text", words, class_=class_, x=_percent(place), y=y, text_anchor="end")


def _mark(words: str, x: str, y: float) -> Html:
    return el("text", words, class_="mark", x=x, y=y, text_anchor="middle")


def _x(place: float) -> str:
    return _percent(_LEFT + (_RIGHT - _LEFT) * place)


def _y(place: float) -> float:
    return round(_TOP + _AREA * (1 - place), 1)


def _percent(value: float) -> str:
    return f"{round(value, 2):g}%"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 10_000 else f"{value:g}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:+g}".replace("-", "−") if value else "0"


def legend(names: Sequence[str], runs: Sequence[int] = ()) -> Html:
    """The legend of several curves or bars, in order (of ``runs``, or 1, 2, …); empty if there is only one."""
    if len(names) < 2:
        return Html("")
    numbers = runs or range(1, len(names) + 1)
    items = [el("li", swatch(run), many(" ", el("bdi", name))) for run, name in zip(numbers, names, strict=True)]
    return el("ul", items, class_="legend")
