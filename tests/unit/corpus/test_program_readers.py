"""Programs, whose text keeps the lines of the file."""

import pytest
from support.reading import read_lines, said_on_lines

PYTHON = '''"""Pumps.

They move water."""
import os
LIMIT = 16  # bar

# How it is cooled:
# by air.
COOLED = True


class Pump:
    """A pump."""

    @property
    def speed(self, unit: str = "rpm") -> int:
        """Turns in a minute."""
        turns = 5  # a guess
        return turns

    def nothing(self):
        return os
'''


def test_python(tmp_path):
    document, _ = read_lines(tmp_path / "pump.py", PYTHON)
    assert document.title == "pump.py"
    assert said_on_lines(document) == [
        ("", 1, "Pumps. They move water. LIMIT = 16 # bar How it is cooled: by air."),
        ("Pump", 12, "class Pump: A pump."),
        (
            "Pump > speed",
            16,
            'def speed(self, unit: str = "rpm") -> int: Turns in a minute. turns = 5 # a guess',
        ),
    ]


def test_what_is_no_python_of_today_is_read_by_its_comments(tmp_path):
    document, _ = read_lines(
        tmp_path / "old.py", '# Old pumps.\nprint "x"\n\n# Starts it.\ndef start():\n    print "y"  # go\n'
    )
    assert said_on_lines(document) == [("", 1, "Old pumps."), ("start", 4, 'Starts it. def start(): print "y" # go')]


JAVASCRIPT = """#!/usr/bin/env node
/* Licence of the pump. */
import x from 'y';

/**
 * Adds two <b>numbers</b>, see {@link sub}.
 * @param {number} a the first
 */
export function add(a, b) {
  // as one does
  return sum(a, b); // at once
}

const text = "// no comment";
"""


C = "/* Turns in a minute. */\nint speed(int unit);\n\n/** Colour. */\nenum colour { RED, /* hot */ BLUE };\n"


def test_other_programs(tmp_path):
    document, _ = read_lines(tmp_path / "add.js", JAVASCRIPT)
    assert said_on_lines(document) == [
        ("", 2, "Licence of the pump."),
        (
            "add",
            6,
            "Adds two numbers, see sub. @param {number} a the first export function add(a, b) { as one does "
            "return sum(a, b); // at once",
        ),
    ]
    document, _ = read_lines(tmp_path / "speed.h", C)
    assert [passage[0] for passage in said_on_lines(document)] == ["speed", "colour"]
    assert "int speed(int unit);" in document.text and "enum colour { RED, /* hot */ BLUE };" in document.text


@pytest.mark.parametrize("name", ["a.c", "a.rs", "a.kt", "a.swift"])
def test_a_comment_before_code_keeps_its_marks_and_its_line(tmp_path, name):
    source = "/* inner */ int x = 0;\n\n/* The pump\n   is old. */ int y = 0;\n\n/* It is /* very */\n"
    document, _ = read_lines(tmp_path / name, source.replace("/* It", "// It"))
    lines = document.text.split("\n")
    assert lines[0] == "/* inner */ int x = 0;"
    assert [line.strip() for line in lines[2:4]] == ["The pump", "is old."]
