"""Whether a sentence answers a question for yes or no, by itself and beyond doubt.

A sentence answers only if it says the question's own words, in their order, and nothing else: "Are dogs allowed in the
hut?" is answered by "Dogs are allowed in the hut." (yes), "Dogs are not permitted in the hut." and "No dogs are allowed
in the hut." (no). These are the rules; the words of each language are those of `ragqa.questions.stating`.

* Words are compared as answers are (`ragqa.evidence.tokens`): numbers and names must be equal, articles do not count.
  Verbs that help ("is", "can", "must") may stand elsewhere, but must have the same tense and meaning: what "can be" or
  "was" does not say what is. The question's verb may only be inflected ("listen", "listens"; of "did", the past).
* It is denied by one negation that stands by the verb, or, of what is now, by one word for the contrary ("forbidden").
  Two of them, or one anywhere else ("dogs not on a leash are allowed"), decide nothing, nor does "not all".
* What comes behind may only be added to it ("…, because …", "… and …"); to what was, and is not denied, also times,
  places and names ("in 1887 by Ada Roth"). Conditions, exceptions, opinions and degrees ("if", "only", "except",
  "said", "almost"), a second negation, quotation marks and questions decide nothing.
* Questions that deny ("isn't …?") or that point elsewhere ("is it …?") are not decided.

So most sentences decide nothing, which is meant: a verdict is read, it is no probability. Pure functions of texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise

from ragqa.evidence.tokens import Word, compared
from ragqa.questions import Asked, Kind, Replaced, Stating, asking_words
from ragqa.types import Answer, Verdict
from ragqa.wording import Wording

LONGEST = 400  # characters of a question or a sentence; longer ones decide nothing
FEWEST = 2  # words that a question must have beside its helpers
_BREAK = re.compile(r"[,;:)\]—–](?=\s|$)|(?<=\s)[-—–](?=\s)|(?<=\s)[(\[]|[，；：、（）。]|\n\s*\n")
_ITEM = re.compile(r"\s*(?:[-*+•>|]|\(?\d{1,3}[.)])\s+")
_QUOTES = re.compile(r"[\"“”„«»「」『』]")
_NUMBER = re.compile(r"\d[\d.,:/-]*")
_SIGN = re.compile(r"[a-z0-9.]+|\S")
_ANYONE, _ARTICLE = "<anyone>", "<article>"
_Clause = Sequence[Word]


@dataclass(frozen=True, slots=True)
class Said:
    """What a clause says: its words, in parts that may change places in some languages; the names of its helpers, of
    which ``verb`` is a word that is one here alone; how often it is denied, in itself and by contraries; whether it
    speaks of all; and the words as they stand.
    """

    parts: tuple[tuple[str, ...], ...]
    helpers: tuple[str, ...]
    verb: str
    denied: int
    contrary: int
    whole: bool
    texts: frozenset[str]

    @property
    def words(self) -> tuple[str, ...]:
        """All words of its parts, in order."""
        return tuple(word for part in self.parts for word in part if word != _ARTICLE)


def verdict_of(answer: Answer, question: str, asked: Asked, wording: Wording) -> Verdict | None:
    """What the sentences of an answer say to a question for yes or no: None if none of them decides, or if two of them
    say the contrary.
    """
    if Kind.YES_NO not in asked.kinds or asked.choice or answer.faq:
        return None
    text, (start, end) = answer.hit.passage.text, answer.sentence
    cuts = [start, *(stop for stop in answer.hit.passage.sentence_ends if start < stop < end), end]
    said = {verdict(question, text[first:last].strip(), wording) for first, last in pairwise(cuts)} - {None}
    return said.pop() if len(said) == 1 else None


@lru_cache(2_000)
def verdict(question: str, sentence: str, wording: Wording) -> Verdict | None:
    """What one sentence says to a question for yes or no; None where it decides nothing."""
    table = asking_words(wording.language).stating
    if table is None or max(len(question), len(sentence)) > LONGEST:
        return None
    if sentence.endswith(("?", "？")) or _QUOTES.search(sentence):
        return None
    judge = _Judge(table, wording)
    asked = judge.question(question)
    agrees = None if asked is None else judge.sentence(asked, sentence)
    return None if agrees is None else "yes" if agrees else "no"


@cache
def _with_articles(wording: Wording) -> Wording:
    """One that leaves no articles out, which tell where parts of a sentence begin."""
    return replace(wording, articles=frozenset())


class _Judge:
    """Compares what is asked with what is said, by the words of one language."""

    def __init__(self, table: Stating, wording: Wording) -> None:
        self.table, self.wording = table, wording

    def question(self, text: str) -> Said | None:
        """What is asked; None for a question that is not to be decided."""
        table = self.table
        clauses = self._clauses(text.strip().rstrip("?？ ").lstrip("¿"), table.asking)
        if len(clauses) != 1 or any(word.text in table.denials or word.text in table.pointing for word in clauses[0]):
            return None
        said = self._said(clauses[0], None)
        return said if said is not None and not said.denied and len(said.words) >= FEWEST else None

    def sentence(self, asked: Said, text: str) -> bool | None:
        """Whether a sentence agrees with what is asked; None where it decides nothing."""
        told, clauses = self._told(asked, self._clauses(_ITEM.sub("", text, count=1), self.table.saying))
        if self._hedges([word for clause in clauses for word in clause]) - self._hedges(asked.texts):
            return None
        for clause, rest in self._cuts(asked, clauses):
            said = self._said(clause, asked)
            agrees = None if said is None else self._agrees(asked, said)
            if said is not None and agrees is not None and all(self._is_added(asked, said, piece) for piece in rest):
                return agrees if told in (None, agrees) else None
        return None

    def _clauses(self, text: str, changes: Replaced) -> list[_Clause]:
        for pattern, by in changes:
            text = pattern.sub(by, text)
        clauses = [compared(part, _with_articles(self.wording)) for part in _BREAK.split(text)]
        if self.table.spaceless:
            signs = [[sign for word in clause for sign in _SIGN.findall(word.text)] for clause in clauses]
            clauses = [[Word(sign, capital=False) for sign in clause] for clause in signs]
        return [clause for clause in clauses if clause]

    def _hedges(self, words: Sequence[Word] | frozenset[str]) -> frozenset[str]:
        """The hedges among words."""
        texts = [word if isinstance(word, str) else word.text for word in words]
        if not self.table.spaceless:
            return self.table.hedges.intersection(texts)
        whole = "".join(texts)
        return frozenset(hedge for hedge in self.table.hedges if hedge in whole)

    def _told(self, asked: Said, clauses: list[_Clause]) -> tuple[bool | None, list[_Clause]]:
        """What a "yes" or "no" before the statement says, and the rest without fillers and, of what was, times."""
        told: bool | None = None
        while len(clauses) > 1:
            texts = {word.text for word in clauses[0]}
            if texts <= self.table.yes or texts <= self.table.no:
                told = texts <= self.table.yes
            elif not (texts <= self.table.fillers or (self._is_past(asked) and self._is_time(clauses[0]))):
                break
            clauses = clauses[1:]
        return told, clauses

    def _cuts(self, asked: Said, clauses: list[_Clause]) -> Iterator[tuple[_Clause, list[_Clause]]]:
        """What may be the statement, with what follows it: the first clause, the same as far as a word that adds
        something, and, of what was, without the times, places and names at its ends.
        """
        if not clauses:
            return
        first, rest = clauses[0], clauses[1:]
        yield first, rest
        past = self._is_past(asked)
        for place, word in enumerate(first):
            if place and (word.text in self.table.adds or (past and word.text in self.table.beside)):
                yield first[:place], [first[place:], *rest]
        if past and first[0].text in self.table.beside:
            head = next((place for place, word in enumerate(first) if not self._is_time([word])), len(first))
            yield first[head:], rest

    def _said(self, words: _Clause, asked: Said | None) -> Said | None:
        """What a clause says, as an answer to what is ``asked``; None where a negation stands at an unusual place."""
        table = self.table
        own = frozenset(word.text for word in words) if asked is None else asked.texts
        texts = [word.text for word in words if word.text in own or word.text not in table.fillers]
        verb = self._verb(texts) if asked is None else asked.verb
        parts, helpers, denied, whole = list[list[str]]([[]]), list[str](), 0, False
        for place, text in enumerate(texts):
            name = "" if table.spaceless else (table.helpers.get(text, "") or (text if text == verb else ""))
            if asked is not None and text in table.denials:
                if not self._denies(texts, place, verb):
                    return None
                denied += 1
            elif name:
                helpers.append(name.rstrip("!"))
                denied += name.endswith("!")
                parts.append([])
            elif text in table.wholes and text not in own:
                whole = True
            elif not (asked is not None and text in table.frames):
                self._take(text, parts)
        helpers, contrary = _joined(helpers), 0
        cut = tuple(tuple(part) for part in parts if part)
        if table.spaceless or (helpers and helpers[0] in table.present):
            contrary = sum(table.same.get(text, "").startswith("!") for part in cut for text in part)
            cut = tuple(tuple(table.same.get(text, text).lstrip("!") for text in part) for part in cut)
        return Said(cut, tuple(helpers), verb, denied, contrary, whole, own)

    def _verb(self, texts: Sequence[str]) -> str:
        """The verb with which a question begins, where none of its words is known as a helper."""
        known = any(text in self.table.helpers for text in texts)
        return texts[0] if self.table.verb_first and texts and not known else ""

    def _take(self, text: str, parts: list[list[str]]) -> None:
        """One more word of what is said."""
        table, article = self.table, text in self.wording.articles
        if table.loose_order and (text in table.beside or (article and not _is_begun(parts[-1], table))):
            parts.append([])
        if not article:
            parts[-1].append(_ANYONE if text in table.persons else text)
        elif table.loose_order:
            parts[-1].append(_ARTICLE)

    def _denies(self, texts: Sequence[str], place: int, verb: str) -> bool:
        """Whether a negation stands where it denies the whole clause."""
        table = self.table
        behind = place > 0 and (texts[place - 1] in table.helpers or texts[place - 1] == verb)
        after = texts[place + 1 :]
        if texts[place] in table.adverbs and not any(text in table.helpers for text in texts):
            return True
        if texts[place] in table.bare and (place == 0 or behind):
            return True
        left = [text for text in after if text not in self.wording.articles]
        following = "".join(after) if table.spaceless else next(iter(after), "")
        is_verb = following == verb or following in table.helpers
        if table.spaceless:
            is_verb = any(following.startswith(helper) for helper in table.helpers)
        holds = {
            "behind": behind,
            "before": bool(following) and is_verb,
            "last": len(left) == 1,
            "end": not left,
            "beside": behind and following in table.beside,
            "framed": place > 1 and texts[place - 2] in table.frames,
        }
        return any(holds[where] for where in table.places)

    def _agrees(self, asked: Said, said: Said) -> bool | None:
        """Whether a clause says what is asked or denies it; None if it says something else."""
        denied = said.denied + said.contrary
        if denied > 1 or (denied and said.whole):
            return None
        if said.helpers == asked.helpers:
            return (denied - asked.contrary) % 2 == 0 if self._same(asked, said) else None
        tense = self.table.carried.get(asked.helpers[0]) if asked.helpers else None
        if tense is not None and said.helpers == asked.helpers[1:]:
            return not denied if self._carries(asked.words, said.words, tense) else None
        key = f"{'+'.join(asked.helpers)}>{'+'.join(said.helpers)}{'!' * denied}"
        return self.table.answering.get(key) if self._same(asked, said) else None

    def _same(self, asked: Said, said: Said) -> bool:
        """Whether both have the same words, in one order."""
        if not self.table.loose_order:
            return asked.words == said.words
        led = ([part for part in one.parts if _ARTICLE in part[:1]] for one in (asked, said))
        return sorted(asked.parts) == sorted(said.parts) and next(led) == next(led)

    def _carries(self, asked: Sequence[str], said: Sequence[str], tense: str) -> bool:
        """Whether one word, the verb, differs by its tense alone: "listen" by "listens", or by "listened"; of what is
        now, also none.
        """
        if len(asked) != len(said):
            return False
        others = [(one, other) for one, other in zip(asked, said, strict=True) if one != other]
        if len(others) != 1:
            return not others and tense == "present"
        verb, form = others[0]
        if tense == "present":
            return form in (f"{verb}s", f"{verb}es", f"{verb[:-1]}ies")
        regular = (f"{verb}ed", f"{verb}d", f"{verb[:-1]}ied", f"{verb}{verb[-1]}ed")
        return form in regular or self.table.pasts.get(form) == verb

    def _is_added(self, asked: Said, said: Said, piece: _Clause) -> bool:
        """Whether what follows a statement leaves it as it is."""
        table = self.table
        if any(
            word.text in table.denials
            or table.helpers.get(word.text, "").endswith("!")
            or table.same.get(word.text, "").startswith("!")
            for word in piece
        ):
            return False
        if piece[0].text in table.adds or piece[0].text in table.follows:
            return True
        if all(self._is_time([word]) and word.text not in table.beside for word in piece):
            return True
        past = self._is_past(asked) and not said.denied
        return past and all(self._is_time([word]) or self._is_name(word) for word in piece)

    def _is_past(self, asked: Said) -> bool:
        return bool(asked.helpers) and asked.helpers[0] in self.table.past

    def _is_time(self, words: _Clause) -> bool:
        """Whether words are nothing but numbers, months, days, and the prepositions beside them."""
        return all(
            word.text in self.table.beside
            or word.text in self.wording.months
            or word.text in self.wording.articles
            or _NUMBER.fullmatch(word.text) is not None
            for word in words
        )

    def _is_name(self, word: Word) -> bool:
        return word.capital and self.wording.capitals


def _is_begun(part: Sequence[str], table: Stating) -> bool:
    """Whether a part has nothing but its preposition."""
    return len(part) == 1 and part[0] in table.beside


def _joined(helpers: Sequence[str]) -> list[str]:
    """The helpers of a clause: "do" and "have" are "have", in the tense of "do"."""
    first, *others = helpers or [""]
    if first in ("do", "did") and others[:1] == ["have"]:
        return ["have" if first == "do" else "had", *others[1:]]
    return list(helpers)
