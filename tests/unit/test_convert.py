"""Plain data and dataclasses: what fits is built exactly as annotated, what does not is one line that says it all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pytest

from ragqa.convert import Misfit, convert, flatten, line_reader, override, plain, read_json, read_toml, shown
from ragqa.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Inner:
    share: float
    count: int = 0

    def __post_init__(self) -> None:
        if self.count == 13:
            raise Misfit("count is 13: expected luck")
        if self.count == 14:
            raise ValueError("no such thing")
        if self.count == 15:
            raise ConfigError("outer.inner is 15: expected less")


@dataclass(frozen=True, slots=True)
class Outer:
    name: str
    count: int = 3
    inner: tuple[Inner, ...] = ()
    facts: Mapping[str, Inner] = field(default_factory=dict)
    kind: Literal["one", "two"] = "one"
    more: int | None = None
    margin: float | None = 0.5
    flag: bool = False


GOOD: dict[str, Any] = {
    "name": "n",
    "count": 3,
    "inner": [{"share": 1, "count": 0}, {"share": 0.5, "count": 1}],
    "facts": {"a.b": {"share": 0.1, "count": 2}},
    "kind": "two",
    "margin": 0.5,
    "flag": True,
}
MADE = Outer("n", 3, (Inner(1.0), Inner(0.5, 1)), {"a.b": Inner(0.1, 2)}, "two", flag=True)


def test_what_fits_is_built_and_comes_back() -> None:
    made = convert(Outer, GOOD, complete=True)
    assert made == MADE == convert(Outer, GOOD)
    assert type(made.inner[0].share) is float and type(made.inner) is tuple
    assert plain(made) == GOOD, "what is None by default is left out"
    assert convert(Outer, GOOD | {"more": 4}, complete=True).more == 4
    assert convert(Outer, plain(Outer("n", margin=None))).margin is None, "and what is not, is not"


def test_defaults_are_for_files_that_people_write() -> None:
    assert convert(Outer, {"name": "n"}) == Outer("n")
    with pytest.raises(Misfit, match=r"^count is missing: expected a whole number$"):
        convert(Outer, {"name": "n"}, complete=True)
    with pytest.raises(Misfit, match=r"^margin is missing: expected a finite number or none$"):
        convert(Outer, {name: GOOD[name] for name in GOOD if name != "margin"}, complete=True)
    assert convert(Outer, {"name": "n", "more": None}) == Outer("n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": 3}, "name is 3: expected text"),
        ({"count": True}, "count is True: expected a whole number"),
        ({"count": 3.0}, "count is 3.0: expected a whole number"),
        ({"count": None}, "count is None: expected a whole number"),
        ({"count": "3"}, "count is '3': expected a whole number"),
        ({"margin": "\ud800"}, r"margin is '\ud800': expected a finite number or none"),
        ({"kind": "\ud800"}, r"kind is '\ud800': expected one of one, two"),
        ({"flag": 1}, "flag is 1: expected true or false"),
        ({"kind": "three"}, "kind is 'three': expected one of one, two"),
        ({"inner": [{"share": "0.5", "count": 0}]}, "inner[0].share is '0.5': expected a finite number"),
        ({"inner": [{"share": True, "count": 0}]}, "inner[0].share is True: expected a finite number"),
        ({"inner": [{"share": 1e999, "count": 0}]}, "inner[0].share is inf: expected a finite number"),
        ({"margin": float("nan")}, "margin is nan: expected a finite number or none"),
        ({"margin": 10**400}, "margin is a number of more than 70 digits: expected a finite number or none"),
        ({"inner": [GOOD["inner"][0], {"share": 1, "count": 0, "x": 1}]}, "unknown key inner[1].x: expected one of"),
        ({"inner": [{"count": 0}]}, "inner[0].share is missing: expected a finite number"),
        ({"inner": {}}, "inner is {}: expected a list of tables"),
        ({"inner": [3]}, "inner[0] is 3: expected a table of share, count"),
        ({"facts": []}, "facts is []: expected a table"),
        ({"facts": {"a.b": 1}}, "facts.a.b is 1: expected a table of share, count"),
        ({"facts": {"a\nb": {"share": "x", "count": 1}}}, r"facts.'a\nb'.share is 'x': expected a finite number"),
        ({"more": None}, "more is None: expected a whole number"),
        ({"kount": 1}, "unknown key kount (did you mean count?): expected one of name, count, inner"),
        ({"unheard\x00": 1}, r"unknown key 'unheard\x00': expected one of name"),
        ({"inner": [{"share": 1, "count": 13}]}, "inner[0].count is 13: expected luck"),
        ({"inner": [{"share": 1, "count": 14}]}, "inner[0]: no such thing"),
        ({"facts": {"a": {"share": 1, "count": 15}}}, "outer.inner is 15: expected less"),
    ],
)
def test_what_does_not_fit_is_one_line(change: dict[str, Any], said: str) -> None:
    with pytest.raises(Misfit) as caught:
        convert(Outer, GOOD | change, complete=True)
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)


def test_what_is_no_table_at_all_and_paths_in_front() -> None:
    with pytest.raises(Misfit, match=r"^it is 3: expected a table of name, count"):
        convert(Outer, 3)
    with pytest.raises(Misfit, match=r"^parts\.a is \[\]: expected a table of name"):
        convert(Outer, [], "parts.a")
    with pytest.raises(Misfit, match=r"^unknown key parts\.a\.nane \(did you mean parts\.a\.name\?\)"):
        convert(Outer, {"nane": "n"}, "parts.a")


def test_a_part_of_a_file_of_others() -> None:
    assert convert(Inner, {"share": 5, "more": 1}, loose=True) == convert(Inner, {"share": 5})
    with pytest.raises(Misfit, match="share is 'x': expected a finite number"):
        convert(Inner, {"share": "x", "more": 1}, loose=True)


def test_lines_are_read_as_files_are() -> None:
    read = line_reader(Inner)
    assert read('{"share": 5, "more": "\\ud800"}') == convert(Inner, {"share": 5})
    for line in (
        '{"share": "x"}',
        '{"share": 1, "count": 13}',
        '{"share": 1, "count": 15}',
        "{}",
        '{"share": null, "more": 1}',
    ):
        with pytest.raises(Misfit) as slow:
            convert(Inner, json.loads(line), loose=True)
        with pytest.raises(Misfit) as fast:
            read(line)
        assert str(fast.value) == str(slow.value)
    for line in ("", "[1]", "{", '{"share": 1, "share": }'):
        with pytest.raises(ValueError):
            read(line)


def test_fields_of_the_caller_are_not_the_files_to_set() -> None:
    assert convert(Inner, {"share": 1}, given={"count": 7}) == Inner(1.0, 7)
    with pytest.raises(Misfit, match=r"^unknown key count: expected one of share$"):
        convert(Inner, {"share": 1, "count": 7}, given={"count": 7})


@dataclass(frozen=True, slots=True)
class Section:
    count: int = 1
    share: float | None = None
    names: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    flag: bool = False
    word: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    section: Section = Section()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "-7", -7),
        ("share", "1e-3", 0.001),
        ("share", "none", None),
        ("share", "", None),
        ("names", "a, b,,c ", ("a", "b", "c")),
        ("names", "", ()),
        ("sizes", "3,4", (3, 4)),
        ("flag", "True", True),
        ("word", "none", "none"),
        ("word", "3", "3"),
        ("names", ["a,b"], ("a,b",)),
        ("share", 1, 1.0),
        ("share", np.float64(0.5), 0.5),
    ],
)
def test_text_is_read_as_the_settings_type(name: str, text: Any, value: Any) -> None:
    made = getattr(override(Settings(), {f"section.{name}": text}).section, name)
    assert made == value and type(made) is type(value)


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("section.count", "1.0", "section.count is '1.0': expected a whole number"),
        ("section.count", "none", "section.count is 'none': expected a whole number"),
        ("section.count", "9" * 5000, "section.count is '9999"),
        ("section.share", "nan", "section.share is nan: expected a finite number or none"),
        ("section.share", "1e999", "section.share is inf: expected a finite number or none"),
        ("section.flag", "1", "section.flag is '1': expected true or false"),
        ("section.flag", 1, "section.flag is 1: expected true or false"),
        ("section.sizes", "3,x", "section.sizes[1] is 'x': expected a whole number"),
        ("section.names", 3, "section.names is 3: expected a list of texts"),
        ("section", 3, "section is 3: expected a table of count"),
        ("section.count.more", 3, "section.count is {'more': 3}: expected a whole number"),
        ("", 3, "unknown key '': expected one of section"),
        (".", 3, "unknown key '': expected one of section"),
        ("count", 3, "unknown key count (did you mean section.count?): expected one of section"),
        ("section.cuont", 3, "unknown key section.cuont (did you mean section.count?): expected one of count, share"),
    ],
)
def test_settings_that_do_not_fit(key: str, text: Any, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        override(Settings(), {key: text}, "some.toml")
    assert str(caught.value).startswith(f"some.toml: {said}")
    assert len(str(caught.value)) < 300 and "\n" not in str(caught.value)


def test_what_is_not_changed_stays(tmp_path: Any) -> None:
    settings = Settings(Section(5, 0.25, ("a",), (1,), True, "w"))
    assert override(settings, {}) == settings
    assert override(settings, {"section.share": None}) == Settings(Section(5, None, ("a",), (1,), True, "w"))
    (tmp_path / "a.toml").write_text('section.names = ["x"]\n[section]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"a\.toml: cannot be read as TOML settings"):
        read_toml(tmp_path / "a.toml")
    (tmp_path / "a.toml").write_text('[section]\nnames = ["x"]\n"share" = 1\n', encoding="utf-8")
    assert flatten(read_toml(tmp_path / "a.toml")) == [("section.names", ["x"]), ("section.share", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1, "a": 1}',
        '{"b": [{"a": 1, "a": 2}]}',
        b'{"a": "\xff"}',
        b"\xfe\xff\0{",
        "[" * 99_999,
        '{"a":' * 99_999,
        '{"a":' * 200 + "1" + "}" * 200,
        '{"a": 1' + "0" * 5000 + "}",
    ],
)
def test_no_json_object(text: str | bytes) -> None:
    with pytest.raises(ValueError) as caught:
        read_json(text)
    assert "\n" not in str(caught.value)


def test_json_that_is_one() -> None:
    content = {"a": [1, 2.5, None, {"b": "Brücke\ud800"}], "c": 2**70}
    assert read_json(json.dumps(content)) == content
    assert read_json(b'{"a": {"b": 1}, "b": {"a": 1}}') == {"a": {"b": 1}, "b": {"a": 1}}


@pytest.mark.parametrize("dots", [1, 150, 3000])
def test_toml_is_as_deep_as_settings_are(tmp_path: Any, dots: int) -> None:
    """A dotted key nests tables without nesting anything in the text, so the parser does not stumble over it."""
    (tmp_path / "a.toml").write_text(f"a{'.a' * dots} = 1\n", encoding="utf-8")
    if dots < 100:
        assert read_toml(tmp_path / "a.toml") == {"a": {"a": 1}}
    else:
        with pytest.raises(ConfigError, match=r"a\.toml: cannot be read as TOML settings \(nested too deeply\)$"):
            read_toml(tmp_path / "a.toml")


def test_values_are_shown_short() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    for value in (
        "x" * 10**6,
        "a\nb",
        list(range(10**5)),
        10**5000,
        -(10**5000),
        {"a": {"b": {"c": 1}}},
        deep,
        "\ud800",
    ):
        assert len(shown(value)) < 200 and shown(value).isprintable()
