"""Charts: worked out on paper, and what holds of any numbers."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ragqa.eval.page.axes import Axis, log_ticks, nice_ticks, spanning
from ragqa.eval.page.charts import (
    Bar,
    Effect,
    Line,
    bar_chart,
    forest,
    interval_bars,
    legend,
    line_chart,
    style,
    swatch,
)
from ragqa.eval.page.markup import Html, el, many

finite = st.floats(-1e6, 1e6, allow_nan=False)
SHARES = (Axis("across", 0, 100), Axis("up", 0, 100))
HOSTILE = "<script>alert('1')</script> & \"quoted\" </svg>"


def parsed(chart):
    """The chart, parsed strictly as XML."""
    assert isinstance(chart, Html)
    return etree.fromstring(chart)


def found(chart, tag, class_=None):
    elements = parsed(chart).iter(tag)
    return [one for one in elements if class_ is None or class_ in (one.get("class") or "").split()]


def percent(text):
    assert text.endswith("%")
    return float(text[:-1])


# ---- markup


def test_only_markup_is_markup():
    inner = el("b", "1 < 2", None, 3, [" & ", el("i", "x")])
    assert inner == "<b>1 &lt; 23 &amp; <i>x</i></b>"
    assert many(inner, "<u>") == f"{inner}&lt;u&gt;"
    assert el("td", class_="a\"b'<", aria_label="x", hidden=True, id=None, open=False) == (
        '<td class="a&quot;b&#x27;&lt;" aria-label="x" hidden></td>'
    )
    with pytest.raises(ValueError, match="no attribute"):
        el("td", **{"x onclick": "y"})


# ---- axes


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0, 47, [0, 10, 20, 30, 40]),
        (-1.2, 3.3, [-1, 0, 1, 2, 3]),
        (5, 5, [5]),
    ],
)
def test_ticks(low, high, expected):
    assert nice_ticks(low, high) == pytest.approx(expected)


@given(finite, finite)
def test_ticks_are_round_and_inside(one, other):
    low, high = sorted((one, other))
    ticks = nice_ticks(low, high)
    slack = 1e-6 * max(1.0, high - low)
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    assert ticks == sorted(ticks)
    if high - low > 1e-3:
        assert 2 <= len(ticks) <= 7


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(20, 1050, [20, 50, 100, 200, 500, 1000]), (1, 100, [1, 3, 10, 30, 100]), (1, 1e6, [1, 100, 1e4, 1e6])],
)
def test_logarithmic_ticks(low, high, expected):
    ticks = log_ticks(low, high)
    assert len(ticks) <= 7
    if len(expected) == 4:
        assert ticks == pytest.approx([1, 100, 1e4, 1e6])
    else:
        assert ticks == pytest.approx(expected)


def test_places():
    assert [Axis("", 0, 50).place(value) for value in (0, 25, 50, 99, -1)] == [0, 0.5, 1, 1, 0]
    assert [Axis("", 1, 100, log=True).place(value) for value in (1, 10, 100, 0)] == pytest.approx([0, 0.5, 1, 0])
    assert spanning("x", [3, 47]) == Axis("x", 0, 50)
    assert spanning("x", [2, 2]).high >= 2
    assert spanning("x", [0, 0]) == Axis("x", 0, 1)
    assert spanning("x", []).low < spanning("x", []).high
    assert spanning("ms", [5, 900], log=True) == Axis("ms", 5, 900, log=True)
    assert not spanning("ms", [5, 90], log=True).log
    assert not spanning("ms", [0, 0], log=True).log


# ---- bars


def test_bars_are_as_long_as_they_say():
    bars = [Bar(1, 80, ("80.0", "−20.0"), 78, 82, 100), Bar(2, 40, ("40.0", "−60.0"))]
    chart = bar_chart("k", "Ladder", "in words", [("retrieved", bars)], 100, ("%", "lost"))
    first, second = found(chart, "rect", "bar")
    full = percent(found(chart, "rect", "track")[0].get("width"))
    assert percent(first.get("width")) == pytest.approx(0.8 * full)
    assert percent(second.get("width")) == pytest.approx(0.4 * full)
    (ghost,) = found(chart, "rect", "ghost")
    assert percent(ghost.get("x")) == pytest.approx(0.8 * full)
    assert percent(ghost.get("width")) == pytest.approx(0.2 * full)
    (whisker,) = found(chart, "line", "whisker")
    assert [percent(whisker.get(end)) for end in ("x1", "x2")] == pytest.approx([0.78 * full, 0.82 * full], abs=0.01)
    texts = [text.text for text in found(chart, "text")]
    assert texts == ["%", "lost", "retrieved", "80.0", "−20.0", "40.0", "−60.0"]


@given(st.lists(st.tuples(st.text(max_size=20), finite), max_size=5), finite)
def test_any_bars_are_well_formed_and_inside(values, most):
    clean = [("".join(c for c in name if c.isprintable()), value) for name, value in values]
    chart = bar_chart("k", "t", "d", [(name, [Bar(1, value, ghost=value + 1)]) for name, value in clean], most)
    for rect in found(chart, "rect"):
        assert 0 <= percent(rect.get("width")) <= 100


def test_every_chart_says_what_it_is():
    line = Line(1, HOSTILE, [(0, 0), (50, 50)])
    for chart in (
        bar_chart("k", HOSTILE, HOSTILE, [(HOSTILE, [Bar(1, 2, (HOSTILE,))])], heads=(HOSTILE,)),
        line_chart("k", HOSTILE, HOSTILE, [line], (Axis(HOSTILE, 0, 100), Axis(HOSTILE, 0, 100))),
        forest("k", HOSTILE, HOSTILE, [Effect(HOSTILE, 1, 0, 2, (HOSTILE,))]),
    ):
        root = parsed(chart)
        assert root.get("role") == "img"
        words = {child.get("id"): child.text for child in root if child.tag in ("title", "desc")}
        assert [words[name] for name in root.get("aria-labelledby").split()] == [HOSTILE, HOSTILE]
        assert not list(root.iter("script"))
        assert "style" not in {name for one in root.iter() for name in one.attrib}  # the page's policy would forbid it


# ---- curves


def test_a_curve_goes_where_its_points_are():
    chart = line_chart("k", "t", "d", [Line(1, "base", [(0, 0), (50, 100), (100, 25)])], SHARES)
    (path,) = found(chart, "path", "curve")
    assert path.get("d") == "M0,1000L500,0L1000,750"
    stairs = line_chart("k", "t", "d", [Line(1, "base", [(0, 0), (50, 100), (100, 25)])], SHARES, step=True)
    assert found(stairs, "path", "curve")[0].get("d") == "M0,1000H500V0H1000V750"


def test_marks_and_diagonal():
    line = Line(2, "new", [(0, 0), (50, 50), (100, 60)])
    assert len(found(line_chart("k", "t", "d", [line], SHARES, points=True), "path", "point")) == 3
    assert len(found(line_chart("k", "t", "d", [line], SHARES), "path", "point")) == 1
    assert len(found(line_chart("k", "t", "d", [line], SHARES, diagonal=True), "path", "diagonal")) == 1


def test_points_that_are_no_numbers_are_left_out():
    line = Line(1, "base", [(0, 0), (50, math.nan), (100, 50)])
    assert found(line_chart("k", "t", "d", [line], SHARES), "path", "curve")[0].get("d") == "M0,1000L1000,500"
    assert not found(line_chart("k", "t", "d", [Line(1, "base", [])], SHARES), "path", "curve")


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=30))
def test_any_curve_stays_inside(points):
    axes = (spanning("x", [x for x, _ in points]), spanning("y", [abs(y) for _, y in points]))
    (path,) = found(line_chart("k", "t", "d", [Line(1, "r", sorted(points))], axes), "path", "curve")
    assert all(0 <= float(number) <= 1000 for number in re.findall(r"-?[\d.]+", path.get("d")))


# ---- differences


def test_a_difference_is_filled_only_where_zero_is_outside():
    effects = [Effect("a", 2, 1, 3), Effect("b", 0.5, -1, 2), Effect("c", -2, -3, -1)]
    kinds = [point.get("class").split()[1] for point in found(forest("k", "t", "d", effects), "path", "point")]
    assert kinds == ["clear", "open", "clear"]


def test_differences_lie_in_order_around_zero():
    chart = forest("k", "t", "d", [Effect("a", 2, 1, 3), Effect("b", -2, -3, -1)])
    zero = percent(found(chart, "line", "zero")[0].get("x1"))
    right, left = [[percent(line.get(end)) for end in ("x1", "x2")] for line in found(chart, "line", "whisker")]
    assert left[0] < left[1] < zero < right[0] < right[1]
    assert right[0] - zero == pytest.approx(zero - left[1], abs=0.02)


def test_no_difference_at_all_is_drawn_too():
    chart = forest("k", "t", "d", [Effect("a", 0, 0, 0), Effect("b", 1, 0, 2)])
    assert [point.get("class") for point in found(chart, "path", "point")] == ["point open"] * 2  # 0 is not outside


# ---- runs


def test_intervals_in_a_cell():
    chart = interval_bars("k", "words", {1: (50, 40, 60), 2: (0, 0, 100)}, 100)
    one, other = found(chart, "line", "whisker")
    assert [percent(one.get(end)) for end in ("x1", "x2")] == pytest.approx([40.4, 59.6])
    assert [percent(other.get(end)) for end in ("x1", "x2")] == pytest.approx([2, 98])
    assert one.get("y1") != other.get("y1")


def test_runs_differ_by_more_than_colour():
    shapes = [found(swatch(run), "path", "point")[0].get("d") for run in range(1, 7)]
    assert len(set(shapes)) == 6
    assert style(7) == style(1)


def test_one_run_needs_no_key():
    assert legend(["base"]) == ""
    assert legend(["base", "<new>"]).count("<li>") == 2
    assert "&lt;new&gt;" in legend(["base", "<new>"])
