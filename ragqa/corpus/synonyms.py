"""Synonyms of a corpus: a text file with one rule a line.

    # aliases and abbreviations
    UN, United Nations
    colour, color
    ML => machine learning, statistical learning

Commas separate the members of a group; each stands for all others, in both directions. With ``=>`` the left side also
finds the right side, and not the other way round. A member is one or more words; one that contains a comma is put in
double quotation marks ("Yes, Minister"). Empty lines and lines that begin with ``#`` are ignored. Members are compared
by the terms of the index's language, so case does not count: a group with WHO would be used for every question that
says "who".
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ragqa.corpus.analyze import Analyzer
from ragqa.errors import ConfigError

ARROW = "=>"
LARGEST = 16_000_000  # bytes; what is longer is no list of synonyms


@dataclass(frozen=True, slots=True)
class Rule:
    """A question that has one of ``typed`` also finds each of ``found``; a group has the same members on both sides."""

    typed: tuple[str, ...]
    found: tuple[str, ...]

    @property
    def mutual(self) -> bool:
        """Whether it is a group."""
        return len(self.typed) > 1 and self.typed == self.found

    def to_line(self) -> str:
        """As it stands in a file."""
        typed = ", ".join(map(_quoted, self.typed))
        return typed if self.mutual else f"{typed} {ARROW} {', '.join(map(_quoted, self.found))}"


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Rules in the order of their file; without any, a question is asked as it is typed."""

    rules: tuple[Rule, ...] = ()

    def to_text(self) -> str:
        """The rules as a file: `parse_synonyms` of it gives an equal object."""
        return "".join(f"{rule.to_line()}\n" for rule in self.rules)


def read_synonyms(path: Path, analyzer: Analyzer) -> Synonyms:
    """The rules of a UTF-8 file, for texts analysed so; whatever is wrong is a `ConfigError` with the line's number."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{path}: the synonyms cannot be read ({reason})") from error
    if len(content) > LARGEST:
        raise ConfigError(f"{path}: more than {LARGEST // 1_000_000} MB; name a file of synonyms, one rule a line")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{number}: not UTF-8; save the synonyms as UTF-8 text") from error
    return parse_synonyms(text, str(path), analyzer)


def parse_synonyms(text: str, name: str, analyzer: Analyzer | None = None) -> Synonyms:
    """The rules of a file's content, checked against an ``analyzer`` where one is given.

    A broken line is a `ConfigError` that begins with ``name`` and its number.
    """
    rules = []
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        rule = _rule(bare, f"{name}:{number}")
        if analyzer is not None:
            _check_words(rule, analyzer, f"{name}:{number}")
        rules.append(rule)
    return Synonyms(tuple(rules))


def _rule(line: str, where: str) -> Rule:
    sides = list(_sides(line))
    if len(sides) > 2:
        raise ConfigError(f"{where}: more than one {ARROW}; write one rule a line")
    members = [_members(side, where) for side in sides]
    if len(members) == 2:
        return Rule(members[0], members[1])
    if len(members[0]) < 2:
        raise ConfigError(f"{where}: only one entry; a group has two or more, with commas between them")
    return Rule(members[0], members[0])


def _sides(line: str) -> Iterator[str]:
    """The texts to the left and right of arrows that are not inside quotation marks."""
    start, quoted = 0, False
    for place, char in enumerate(line):
        if char == '"':
            quoted = not quoted
        elif not quoted and line.startswith(ARROW, place):
            yield line[start:place]
            start = place + len(ARROW)
    yield line[start:]


def _members(side: str, where: str) -> tuple[str, ...]:
    try:
        (entries,) = csv.reader([side.strip()], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError) as error:
        raise ConfigError(f"{where}: quotation marks that do not fit ({error})") from error
    members = [" ".join(entry.split()) for entry in entries]
    if not members or not all(members):
        raise ConfigError(f"{where}: an empty entry; check the commas and {ARROW}")
    return tuple(dict.fromkeys(members))


def _check_words(rule: Rule, analyzer: Analyzer, where: str) -> None:
    for member in dict.fromkeys((*rule.typed, *rule.found)):
        if not analyzer.tokens(member):
            raise ConfigError(f"{where}: {member!r} has no word that BM25 looks at (stop words, signs); leave it out")


def _quoted(member: str) -> str:
    needs = any(sign in member for sign in (",", '"', ARROW)) or member.startswith("#")
    return '"' + member.replace('"', '""') + '"' if needs else member
