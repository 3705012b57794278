"""Whether one sentence says what another says: what in it can be altered, and whether it is the same there.

Of a sentence these things tell: numbers with their units, signs and bounds; months, orders and directions; names (words
with a capital letter); and what is denied. A script without blanks has no capitals, so there every stretch of its
characters tells (`ragqa.evidence.unspaced`). A sentence agrees with another only if each of its own is found there, and
what both say is denied in both or in neither. All of this is told from words; nothing here understands a sentence, so
words that only mean the opposite ("rose", "fell") are not noticed. Pure functions of texts.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from ragqa.evidence.tokens import Word, compared
from ragqa.evidence.unspaced import Stem, Stretch, apart, heading, stretch
from ragqa.grounded import Difference, Kind
from ragqa.wording import Wording

__all__ = ["EMPTY", "Agreement", "Name", "Statement", "Stem", "Value", "agreement", "joined", "statement"]

_MARKS = r"[,;:()\[\]{}*_\"“”|]"  # a run of them is tried from its first character only: a long one costs no square
_PARTS = re.compile(rf"(?<!{_MARKS}){_MARKS}++(?=\s|$)|(?:(?<=\s)|^)[(\[{{*_\"“„|]+|\n|\s[–—-]\s|[，、；：（）]")
_NUMERAL = re.compile(r"[-+±]?\d")
_YEAR = re.compile(r"1\d{3}|20\d\d")
DENIED = 2  # words behind a negation that it is taken to deny
BESIDE = 3  # words before a number among which its bounds are looked for
BEHIND = 2  # and behind it: "5 or more"
BEHIND_UNIT = 3  # and behind a number and its unit


@dataclass(frozen=True, slots=True)
class Value:
    """Something that can be another one in an otherwise equal sentence."""

    kind: Kind
    text: str
    unit: str = ""
    bounds: frozenset[str] = frozenset()

    def equals(self, other: Value) -> bool:
        """Whether both are the same; a unit that one of them leaves out does not count."""
        units = not (self.unit and other.unit) or self.unit == other.unit
        return self.text == other.text and units and self.bounds == other.bounds

    def __str__(self) -> str:
        return " ".join(filter(None, (*sorted(self.bounds), self.text, self.unit)))


@dataclass(frozen=True, slots=True)
class Name:
    """A run of words with capital letters, and their terms. ``first`` says that it is the one word that begins the
    sentence, where a capital tells nothing.
    """

    terms: tuple[str, ...]
    text: str
    first: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence as it is compared: what tells, all of its ``terms`` in order, those that are written ``small``, and
    whether it ``refers`` to something named before; it ``leans`` on that if no name of its own comes first. ``denied``
    are terms with their words. ``stretches`` are those of a script without blanks, and ``head`` is what the first of
    them begins with.
    """

    values: tuple[Value, ...]
    names: tuple[Name, ...]
    denied: Mapping[str, str]
    terms: tuple[str, ...]
    small: frozenset[str]
    refers: bool
    leans: bool
    stretches: tuple[Stretch, ...] = ()
    head: str = ""

    @property
    def subjects(self) -> tuple[str, ...]:
        """The words that later pronouns may stand for: the last ones of all names, or what a stretch begins with."""
        return (*(name.text.split()[-1] for name in self.names), *filter(None, [self.head]))

    @property
    def named(self) -> frozenset[str]:
        """The terms of all names."""
        return frozenset(term for name in self.names for term in name.terms)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What became of a claim's telling parts in a place: how many were found, how many of the names only in the title
    and how many only in the sentences before; those for which something else stands there (``differences``); and how
    many are simply not there.
    """

    found: int
    from_title: int
    from_before: int
    differences: tuple[Difference, ...]
    missing: int

    @property
    def whole(self) -> bool:
        """Whether all is there."""
        return not self.differences and not self.missing


EMPTY = Statement((), (), {}, (), frozenset(), refers=False, leans=False)


def joined(statements: Iterable[Statement]) -> Statement:
    """What several sentences say together."""
    all_of = list(statements)
    return Statement(
        tuple(value for one in all_of for value in one.values),
        tuple(name for one in all_of for name in one.names),
        {term: word for one in all_of for term, word in one.denied.items()},
        tuple(term for one in all_of for term in one.terms),
        frozenset(term for one in all_of for term in one.small),
        any(one.refers for one in all_of),
        any(one.leans for one in all_of),
        tuple(own for one in all_of for own in one.stretches),
        next((one.head for one in all_of if one.head), ""),
    )


def statement(text: str, wording: Wording, stem: Stem) -> Statement:
    """What a text says."""
    parts = [compared(apart(part, wording), wording) for part in _PARTS.split(text)]
    parts = [part for part in parts if part]
    values = tuple(value for part in parts for value in _values(part, wording))
    names = tuple(name for number, part in enumerate(parts) for name in _names(part, wording, stem, first=not number))
    denied = {term: word for part in parts for term, word in _denied(part, wording, stem)}
    words = [word for part in parts for word in part]
    terms = tuple(term for word in words if word.text not in wording.negations for term in stem(word.text))
    small = frozenset(term for word in words if not word.capital for term in stem(word.text))
    pronouns = [place for place, word in enumerate(words) if word.text in wording.pronouns]
    before = words[: pronouns[0]] if pronouns else []
    leans = bool(pronouns) and not any(_is_named(word, wording, not place) for place, word in enumerate(before))
    leans = leans and not (wording.joined and any(stretch(word, wording, stem) for word in _untold(before, wording)))
    loose = [word for part in parts for word in _untold(part, wording)]
    stretches = tuple(filter(None, (stretch(word, wording, stem) for word in loose)))
    head = heading(loose[0], wording) if stretches and not leans else ""
    return Statement(values, names, denied, terms, small, bool(pronouns), leans, stretches, head)


def agreement(claim: Statement, place: Statement, title: Statement, before: Statement) -> Agreement:
    """How a claim's telling parts stand in a place: a sentence, or two, with the ``title`` above it and the sentences
    of its passage ``before`` it. Values and denials must stand in the place itself.
    """
    values = [_value(value, claim, place) for value in claim.values]
    names = [_name(name, place, title, before) for name in claim.names]
    differences = [value for value in values if isinstance(value, Difference)]
    missing = values.count(None)
    for name, found in zip(claim.names, names, strict=True):
        other = _other_name(claim, place) if found["absent"] else None
        if other is not None:
            differences.append(Difference("name", name.text, other.text))
        else:
            missing += found["absent"]
    denial = _denial(claim, place)
    if denial is not None:
        differences.append(denial)
    elif claim.denied and not claim.denied.keys() & place.denied.keys():
        missing += 1
    stretches = [_stretch(own, place, title, before) for own in claim.stretches]
    missing += sum(bool(found["absent"]) for found in stretches)
    told: Counter[str] = sum((*names, *stretches), Counter())
    return Agreement(values.count(True) + told["here"], told["title"], told["before"], tuple(differences), missing)


def _value(value: Value, claim: Statement, place: Statement) -> bool | Difference | None:
    """True where a value stands in a place, what stands there instead, or None."""
    if any(value.equals(other) for other in place.values):
        return True
    other = _instead(value, claim, place)
    return None if other is None else Difference(value.kind, str(value), str(other))


def _name(name: Name, place: Statement, title: Statement, before: Statement) -> Counter[str]:
    """How many words of a name are "here", in the "title", in the sentences "before", or "absent".

    Sentences before count if the place refers to something, or has another word of the name.
    """
    here, above, earlier = set(place.terms), set(title.terms), set(before.terms)
    refers = place.refers or bool(here & set(name.terms))
    found = Counter[str]()
    for term in name.terms:
        if term in here or term in above:
            found["here" if term in here else "title"] += 1
        elif term in earlier and refers:
            found["before"] += 1
        elif not (name.first and (term in before.small or term in place.small)):
            found["absent"] += 1
    return found


def _stretch(own: Stretch, place: Statement, title: Statement, before: Statement) -> Counter[str]:
    """How much of a stretch, in words of two characters, is "here", in the "title", in the sentences "before" (if the
    place has a pronoun), or "absent".
    """
    found, left = Counter[str](), own.needed
    for where, other in (("here", place), ("title", title), ("before", before)):
        if where != "before" or place.refers:
            rest = own.left(set(other.terms), left)
            found[where] += (len(left) - len(rest) + 1) // 2
            left = rest
    found["absent"] += (len(left) + 1) // 2
    return found


def _untold(part: Sequence[Word], wording: Wording) -> Iterator[str]:
    """The words of which nothing else tells: no numbers with their units and bounds, no negations, no pronouns."""
    telling = wording.negations | wording.pronouns
    for place, word in enumerate(part):
        numbered = bool(wording.joined and place and _NUMERAL.match(part[place - 1].text))
        bounded = wording.joined and (word.text in wording.bounds or word.text in wording.bounds_behind)
        unit = numbered and word.text in wording.units
        if not (_NUMERAL.match(word.text) or word.text in telling or bounded or unit):
            yield word.text


def _values(part: Sequence[Word], wording: Wording) -> Iterator[Value]:
    for place, word in enumerate(part):
        text = word.text
        if text in wording.months and (word.capital or not wording.capitals or wording.joined):
            yield Value("month", f"{wording.months[text]}")
        elif _NUMERAL.match(text):
            unit = _unit(part, place, wording)
            kind: Kind = "year" if _YEAR.fullmatch(text) and unit in ("", "ad", "bc") else "number"
            yield Value(kind, text, unit, _bounds(part, place, wording))
        elif text in wording.orders and not word.capital:
            yield Value("order", text)
        elif text in wording.directions and not word.capital:
            yield Value("direction", text)


def _unit(part: Sequence[Word], place: int, wording: Wording) -> str:
    after = part[place + 1].text if place + 1 < len(part) else ""
    before = part[place - 1].text if place else ""
    if after in wording.units:
        return wording.units[after]
    return wording.units.get(before, before) if before in ("$", "€", "£", "¥", "₩", "₹", "₽") else ""


def _bounds(part: Sequence[Word], place: int, wording: Wording) -> frozenset[str]:
    """The bounds beside a number, up to the next number."""
    before = part[max(0, place - BESIDE) : place]
    numbers = [at for at, word in enumerate(before) if _NUMERAL.match(word.text)]
    near = [word.text for word in before[numbers[-1] + 1 if numbers else 0 :]]
    behind = [word.text for word in part[place + 1 : place + 1 + BEHIND]]
    if behind[:1] == ["or"]:
        near += behind[1:]
    if wording.joined:
        return frozenset(map(wording.bounds.__getitem__, wording.bounds.keys() & near[-1:])) | _behind(
            part, place, wording
        )
    signs = {wording.bounds.get(text, text) for text in near if text in wording.bounds or text in ("<", ">", "≤", "≥")}
    return frozenset({"≤": "<=", "≥": ">="}.get(sign, sign) for sign in signs)


def _behind(part: Sequence[Word], place: int, wording: Wording) -> frozenset[str]:
    """The bounds behind a number and its unit, up to the next number."""
    behind = [word.text for word in part[place + 1 : place + 1 + BEHIND_UNIT]]
    stop = next((at for at, text in enumerate(behind) if _NUMERAL.match(text)), len(behind))
    return frozenset(wording.bounds_behind[text] for text in behind[:stop] if text in wording.bounds_behind)


def _names(part: Sequence[Word], wording: Wording, stem: Stem, *, first: bool) -> Iterator[Name]:
    run: list[Word] = []
    begins = False
    for place, word in enumerate([*part, Word("", capital=False)]):
        opens = first and place == 0
        if _is_named(word, wording, opens) and stem(word.text):
            begins = begins or opens
            run.append(word)
        elif run:
            terms = tuple(term for own in run for term in stem(own.text))
            yield Name(terms, " ".join(own.text for own in run), begins and len(run) == 1)
            run, begins = [], False


def _is_named(word: Word, wording: Wording, opens: bool) -> bool:
    """Whether a word may be one of a name; the one that ``opens`` a sentence is not if it is a usual beginning."""
    plain = _NUMERAL.match(word.text) or word.text in wording.months or word.text in wording.titles
    usual = opens and (word.text in wording.openers or word.text in wording.bounds)
    return word.capital and not plain and not usual


def _denied(part: Sequence[Word], wording: Wording, stem: Stem) -> Iterator[tuple[str, str]]:
    """The terms that are denied, with their words."""
    near: deque[tuple[tuple[str, str], ...]] = deque(maxlen=DENIED)
    found = []
    words = part if wording.negations_last else part[::-1]
    for word, after in zip(words, ["", *(word.text for word in words)], strict=False):
        if word.text in wording.negations and after != "only":
            found.append(tuple(chain.from_iterable(near)))
        if terms := _deniable(word.text, wording, stem):
            near.appendleft(tuple((term, word.text) for term in terms))
    return chain.from_iterable(reversed(found))


def _deniable(word: str, wording: Wording, stem: Stem) -> Sequence[str]:
    """The terms of a word that can be denied: one, or of a stretch all that say something."""
    if not wording.joined:
        return stem(word)[:1]
    if word in wording.units or word in wording.negations or word in wording.bounds_behind:
        return ()
    return [term for term in stem(word) if term not in wording.fillers]


def _instead(value: Value, claim: Statement, place: Statement) -> Value | None:
    """What stands in the place of a value: the same with another unit or bound, else another one of its kind that the
    claim does not speak of.
    """
    others = [other for other in place.values if not any(other.equals(own) for own in claim.values)]
    same = [other for other in others if other.text == value.text]
    alike = [other for other in others if other.kind == value.kind and (other.unit == value.unit or not value.unit)]
    return next(iter(same + alike), None)


def _other_name(claim: Statement, place: Statement) -> Name | None:
    named = claim.named | set(claim.terms)
    return next((name for name in place.names if not name.first and not set(name.terms) <= named), None)


def _denial(claim: Statement, place: Statement) -> Difference | None:
    """A word that one denies and the other says."""
    for term, word in claim.denied.items():
        if term not in place.denied and term in place.terms:
            return Difference("negation", f"not {word}", word)
    for term, word in place.denied.items():
        if term not in claim.denied and term in claim.terms:
            return Difference("negation", word, f"not {word}")
    return None
