"""What may stand on a terminal and in JSON: nothing that acts, everything that was there."""

from __future__ import annotations

import io
import json
import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.cli import terminal
from ragqa.cli.escape import to_json, visible
from ragqa.cli.terminal import Styled, say

BIDI = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
ANYTHING = st.text(st.characters(codec=None))  # lone surrogates too, as names of files have them
TRICKY = st.text(st.sampled_from([*map(chr, range(0xA0)), *BIDI, "\u2028", "\u2029", "\udcff", "é", "中", "😀", "\\"]))


def acts(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in BIDI


def read_back(shown: str) -> str:
    """Undo `visible`, for text that had no backslash."""
    short = {r"\n": "\n", r"\r": "\r", r"\t": "\t"}
    return re.sub(r"\\(?:[nrt]|x..|u....)", lambda m: short.get(m[0]) or chr(int(m[0][2:], 16)), shown)


@given(ANYTHING | TRICKY)
def test_what_is_shown_cannot_act_and_is_shown_once(text: str) -> None:
    shown = visible(text)
    assert not any(map(acts, shown))
    assert visible(shown) == shown
    assert shown == text or any(map(acts, text)), "text without control characters is let alone"
    kept = text.replace("\\", "")
    assert read_back(visible(kept)) == kept


@given(st.recursive(ANYTHING | TRICKY | st.none() | st.integers() | st.floats(allow_nan=False), st.lists, max_leaves=5))
def test_json_is_exact_and_cannot_act(value: object) -> None:
    for encoding in ("utf-8", "ascii", "latin-1", "cp1252"):
        for indent in (None, 2):
            text = to_json({"value": value}, indent=indent, encoding=encoding)
            assert json.loads(text) == {"value": value}
            assert json.loads(text.encode(encoding).decode(encoding)) == {"value": value}
            assert not any(map(acts, text.replace("\n", "") if indent else text))


def test_escapes_look_like_this() -> None:
    assert visible("a\x1b]0;x\x07\x9b\x7f\n\r\t\u202e\u2028C:\\é") == (
        r"a\x1b]0;x\x07\x9b\x7f\n\r\t\u202e\u2028C:" + "\\é"
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_styles_come_from_here_alone(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    screen = Terminal(io.BytesIO(), encoding=encoding, newline="\n")
    monkeypatch.setattr(sys, "stdout", screen)
    terminal.prepare()
    say("1. ", Styled("\x1b[31mr\u00e9d \u2603\n", bold=True), "  \x1b[0m")
    written = screen.buffer.getvalue().decode(encoding)
    snow, accent = ("\u2603" if encoding == "utf-8" else r"\u2603"), (r"\xe9" if encoding == "ascii" else "\u00e9")
    assert written == f"1. \x1b[1m\\x1b[31mr{accent}d {snow}\\n\x1b[0m  \\x1b[0m\n"


def test_a_pipe_that_is_not_ours_is_not_silenced() -> None:
    """A worker that dies is an error; only where nobody reads our results is there nothing to do."""
    with pytest.raises(BrokenPipeError), terminal.unread_ends_well():
        raise BrokenPipeError


def test_names_of_stages_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """rich would take brackets for its own marks, and let control characters through."""
    from ragqa.cli.progress import _Bar, _display

    bar, screen = _Bar(), io.StringIO()
    bar._timer.cancel()
    bar._display = _display()
    bar._display.console.file = screen
    bar.report("[/red] \x1b[2J", 1, 2)
    bar._display.console.print(bar._display.get_renderable())
    bar.close()
    assert r"[/red] \x1b[2J" in screen.getvalue()
