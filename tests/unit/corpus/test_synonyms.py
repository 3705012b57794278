"""Synonym files: what they say, that they come back as they went, and that what is broken is named by its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.corpus.analyze import get_analyzer
from ragqa.corpus.synonyms import Rule, Synonyms, parse_synonyms, read_synonyms
from ragqa.errors import ConfigError

ENGLISH = get_analyzer("en")


def group(*members: str) -> Rule:
    return Rule(members, members)


def test_groups_directions_comments_and_quotation_marks() -> None:
    text = '# names\n\nUN,  United   Nations ,U.N.\r\nML => machine learning, AI\n"Yes, Minister", "a ""b"" => c"\n'
    assert parse_synonyms(text, "s").rules == (
        group("UN", "United Nations", "U.N."),
        Rule(("ML",), ("machine learning", "AI")),
        group("Yes, Minister", 'a "b" => c'),
    )
    assert parse_synonyms("a, b, a", "s").rules == (group("a", "b"),)
    assert parse_synonyms("", "s") == parse_synonyms("# nothing\n \n", "s") == Synonyms()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("alone", "only one entry"),
        ("twice, twice", "only one entry"),
        ("a,, b", "an empty entry"),
        ("a, b,", "an empty entry"),
        ("=> b", "an empty entry"),
        ("a =>", "an empty entry"),
        ("a => b => c", "more than one =>"),
        ('"a, b', "quotation marks that do not fit"),
        ('"a" b, c', "quotation marks that do not fit"),
        ("the of, bridge", "'the of' has no word"),
        ("bridge => ?!", "'?!' has no word"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "synonyms.txt"
    path.write_text(f"# comment\ncar, automobile\n{line}\nx, y\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_synonyms(path, ENGLISH)
    assert str(caught.value).startswith(f"{path}:3: {complaint}") and "\n" not in str(caught.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.txt: the synonyms cannot be read \(No such file"):
        read_synonyms(tmp_path / "missing.txt", ENGLISH)
    with pytest.raises(ConfigError, match=r"Is a directory"):
        read_synonyms(tmp_path, ENGLISH)
    (tmp_path / "latin.txt").write_bytes("car, auto\ncafé, cafe\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"latin\.txt:2: not UTF-8"):
        read_synonyms(tmp_path / "latin.txt", ENGLISH)
    (tmp_path / "bom.txt").write_bytes(b"\xef\xbb\xbfcar, auto\n")
    assert read_synonyms(tmp_path / "bom.txt", ENGLISH).rules == (group("car", "auto"),)


ENTRIES = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ['"', "a, b", "#x", "a => b", "=>", 'x"y']
)
MEMBERS = st.lists(ENTRIES.map(lambda entry: " ".join(entry.split())).filter(bool), min_size=1, max_size=3, unique=True)
SIDES = MEMBERS.map(tuple)


@given(st.lists(st.builds(Rule, SIDES, SIDES) | SIDES.filter(lambda side: len(side) > 1).map(lambda s: Rule(s, s))))
def test_rules_come_back_from_their_text(rules: list[Rule]) -> None:
    synonyms = Synonyms(tuple(rules))
    assert parse_synonyms(synonyms.to_text(), "s") == synonyms
