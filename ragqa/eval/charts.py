"""Charts as inline SVG: pure functions from numbers to text. Series differ in dash and marker as well as in colour."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH = 640
_ROW, _LABEL, _VALUE = 26, 210, 150
_PLOT = (52, 14, WIDTH - 14, 300)  # left, top, right, bottom
Point = Sequence[float]


def bars(title: str, rows: Sequence[tuple[str, float, str]], top: float = 100.0) -> str:
    """Horizontal bars from 0 to ``top``: label, value, and what is written behind the bar."""
    room = WIDTH - _LABEL - _VALUE
    parts = []
    for place, (label, value, words) in enumerate(rows):
        y, width = place * _ROW, room * _share(value, top)
        parts.append(
            f'<text class="label" x="{_LABEL - 8}" y="{y + 17}" text-anchor="end">{escape(_short(label, 32))}</text>'
            f'<rect class="back" x="{_LABEL}" y="{y + 4}" width="{room}" height="18" rx="3"/>'
            f'<rect class="bar" x="{_LABEL}" y="{y + 4}" width="{width:.1f}" height="18" rx="3"/>'
            f'<text class="value" x="{_LABEL + room + 8}" y="{y + 17}">{escape(words)}</text>'
        )
    return _svg(title, "".join(parts), max(1, len(rows)) * _ROW)


def lines(
    title: str,
    series: Mapping[str, Sequence[Point]],
    x_label: str,
    y_label: str,
    *,
    x_top: float,
    y_top: float,
    diagonal: bool = False,
    dots: bool = False,
) -> str:
    """Curves from (0, 0) to (``x_top``, ``y_top``), one for each series; with ``dots`` every point is marked."""
    left, top, right, bottom = _PLOT

    def place(point: Point) -> str:
        x = left + (right - left) * _share(point[0], x_top)
        return f"{x:.1f},{bottom - (bottom - top) * _share(point[1], y_top):.1f}"

    parts = [_axes(x_label, y_label, x_top, y_top)]
    if diagonal:
        parts.append(f'<line class="ideal" x1="{left}" y1="{bottom}" x2="{right}" y2="{top}"/>')
    for number, (name, points) in enumerate(series.items()):
        places = [place(point) for point in points]
        parts.append(f'<polyline class="line s{number % 4}" points="{" ".join(places)}"/>')
        if dots:
            pairs = [one.split(",") for one in places]
            parts += [f'<circle class="dot s{number % 4}" cx="{x}" cy="{y}" r="3.5"/>' for x, y in pairs]
        y = bottom + 52 + 20 * number
        parts.append(
            f'<line class="line s{number % 4}" x1="{left}" y1="{y - 4}" x2="{left + 36}" y2="{y - 4}"/>'
            f'<text class="label" x="{left + 46}" y="{y}">{escape(_short(name, 60))}</text>'
        )
    return _svg(title, "".join(parts), bottom + 56 + 20 * len(series))


def forest(title: str, rows: Sequence[tuple[str, float, float, float, str]]) -> str:
    """Differences with their intervals around a line at 0: label, value, low, high, and what is written behind."""
    reach = max([abs(edge) for row in rows for edge in row[1:4]] or [1.0]) * 1.1 or 1.0
    room, middle = WIDTH - _LABEL - _VALUE, _LABEL + (WIDTH - _LABEL - _VALUE) / 2
    height = max(1, len(rows)) * _ROW
    parts = [f'<line class="zero" x1="{middle}" y1="0" x2="{middle}" y2="{height}"/>']
    for place, (label, value, low, high, words) in enumerate(rows):
        y = place * _ROW + 13
        x, start, end = (middle + room / 2 * edge / reach for edge in (value, low, high))
        parts.append(
            f'<text class="label" x="{_LABEL - 8}" y="{y + 4}" text-anchor="end">{escape(_short(label, 32))}</text>'
            f'<line class="span" x1="{start:.1f}" y1="{y}" x2="{end:.1f}" y2="{y}"/>'
            f'<circle class="dot s0" cx="{x:.1f}" cy="{y}" r="4"/>'
            f'<text class="value" x="{_LABEL + room + 8}" y="{y + 4}">{escape(words)}</text>'
        )
    return _svg(title, "".join(parts), height)


def nice_top(value: float) -> float:
    """The next of 1, 2, 5, 10, 20 … that is not below the value."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= value)


def _axes(x_label: str, y_label: str, x_top: float, y_top: float) -> str:
    left, top, right, bottom = _PLOT
    parts = [f'<path class="axis" d="M{left},{top}V{bottom}H{right}"/>']
    for step in range(5):
        x, y = left + (right - left) * step / 4, bottom - (bottom - top) * step / 4
        parts.append(
            f'<text class="tick" x="{x:.0f}" y="{bottom + 16}" text-anchor="middle">{x_top * step / 4:g}</text>'
            f'<text class="tick" x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{y_top * step / 4:g}</text>'
        )
        if step:
            parts.append(f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
    middle = (left + right) / 2
    parts.append(f'<text class="tick" x="{middle}" y="{bottom + 32}" text-anchor="middle">{escape(x_label)}</text>')
    parts.append(f'<text class="tick" x="{left + 6}" y="{top + 4}">{escape(y_label)}</text>')
    return "".join(parts)


def _svg(title: str, inside: str, height: float) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title, quote=True)}">'
        f"<title>{escape(title)}</title>{inside}</svg>"
    )


def _share(value: float, top: float) -> float:
    return min(1.0, max(0.0, value / top)) if top > 0 and math.isfinite(value) else 0.0


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
