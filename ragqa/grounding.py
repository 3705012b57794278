"""Somebody else's answer compared with an index: which place supports each of its sentences, and which none does.

For each sentence passages are searched for. Their sentences, alone and in pairs, are the places that it is compared
with. A place supports it only if all that tells (`ragqa.evidence.statements`) is found there and agrees; among those
the probability is that of a logistic model over how much of the sentence the place has, weighed by how rare the words
are in the index, and how near both are to each other for the encoder. The model was fitted by ``eval/ground.py``. No
language model takes part.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile

from ragqa.answering import Answering, Left, awaited, checked
from ragqa.corpus.analyze import AUTO, language_of
from ragqa.documents import LANGUAGE, Meta, Passage
from ragqa.evidence.statements import EMPTY, Agreement, Statement, agreement, joined, statement
from ragqa.filters import Where, parse_filter
from ragqa.grounded import Ground, Grounded, Grounding
from ragqa.sentences import sentences
from ragqa.store.passages import encodable
from ragqa.types import Hit
from ragqa.wording import wording_of

PASSAGES = 10  # searched for each sentence
COMPARED = 6  # places of which the encoder is asked, by how much of the sentence they have
LEAST = 0.3  # of the sentence's words that a place must have to be compared at all
FEWEST = 2  # different words of a sentence that says anything
GROUNDS = 3  # given for a sentence at most
SUPPORTED = 0.5  # the probability from which on a place supports a sentence
CONTRADICTED = 0.5  # and from which on a place with one difference contradicts it
FEATURES = ("coverage", "coverage_all", "cosine", "from_title", "from_before", "two", "words", "denies")
BIAS, WEIGHTS = -8.708, (3.808, 2.845, 4.305, -0.710, -0.618, -1.157, 0.707, -0.733)  # by eval/ground.py --fit


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of the given text, ``text[start:end]``, with the words that its pronouns may stand for, and what is
    searched for it.
    """

    start: int
    end: int
    text: str
    subject: tuple[str, ...]
    query: str


@dataclass(frozen=True, slots=True)
class Stated:
    """A claim as documents of one language state things: what it says, the terms of what its pronouns may stand for,
    and how rare its terms are.
    """

    said: Statement
    subject: frozenset[str]
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Sentences of a passage that a claim is compared with, and what stands above and before them."""

    hit: Hit
    start: int
    end: int
    said: Statement
    title: Statement
    before: Statement
    two: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A claim in a place: whether its telling parts agree, and how alike both are (`FEATURES`, without the cosine)."""

    place: Place
    agreement: Agreement
    coverage: float
    coverage_all: float
    words: float
    denies: bool

    def features(self, cosine: float) -> list[float]:
        """The values of `FEATURES`."""
        told = max(1, self.agreement.found + self.agreement.from_title + self.agreement.from_before)
        return [
            self.coverage,
            self.coverage_all,
            cosine,
            self.agreement.from_title / told,
            self.agreement.from_before / told,
            float(self.place.two),
            self.words,
            float(self.denies),
        ]


def ground(answering: Answering, text: str, where: Where | None = None, left: Left = awaited) -> Grounding:
    """Compare a text with the index, sentence by sentence; `QuestionError` if there is no text. ``left`` is asked
    after each sentence whether nobody waits for the others; then no more is done, and the result is not to be used.
    """
    checked(text)
    text, wanted = encodable(text), parse_filter(where)
    found = takewhile(lambda _: not left(0), Grounder(answering).sentences(text, wanted))
    return Grounding(text, tuple(found), answering.snapshot.generation)


class Grounder:
    """Compares with one generation; what was told of a passage is remembered."""

    def __init__(self, answering: Answering) -> None:
        self.retriever, self.snapshot = answering.retriever, answering.snapshot
        self._language = self.snapshot.manifest.config.language
        self._stems = lru_cache(20_000)(lambda analyzer, word: tuple(analyzer.tokens(word)))
        self._places: dict[str, list[Place]] = {}

    def sentences(self, text: str, where: Where | None) -> Iterator[Grounded]:
        """What becomes of each sentence, in order; all are searched for at once, and each is compared when it is asked
        for.
        """
        claims = self.claims(text)
        found = self.retriever.retrieve([claim.query for claim in claims], PASSAGES, where) if claims else []
        for claim, hits in zip(claims, found, strict=True):
            own = self.compare(claim, hits)
            yield judged(text, claim, own, self.cosines(claim.text, own))

    def claims(self, text: str) -> list[Claim]:
        """The sentences of a text that say anything. One that says "she" or "it" before it names anything is about what
        the last sentence that does not names, and is searched for together with that.
        """
        found: list[Claim] = []
        start, subject, before = 0, tuple[str, ...](), ""
        meta = {LANGUAGE: language_of(text)} if self._language == AUTO else {}
        for end in sentences(text, 0, len(text)):
            whole = text[start:end]
            first, last = end - len(whole.lstrip()), start + len(whole.rstrip())
            start = end
            said = self._told(whole, meta)
            if last <= first or not (said.terms or said.values):
                continue
            own = text[first:last]
            query = checked(f"{before} {own}" if said.leans and before else own)
            found.append(Claim(first, last, own, subject if said.leans else (), query))
            if said.subjects and not said.leans:
                subject, before = said.subjects, own
        return found

    def _told(self, text: str, meta: Meta) -> Statement:
        """What a text says in the language of a document with this metadata."""
        analyzer = self.snapshot.analyzer.of(meta)
        wording = wording_of(str(meta.get(LANGUAGE, self._language)))
        return statement(text, wording, lambda word: self._stems(analyzer, word))

    def _stated(self, claim: Claim, meta: Meta) -> Stated:
        analyzer = self.snapshot.analyzer.of(meta)
        said = self._told(claim.text, meta)
        terms = list(dict.fromkeys(said.terms))
        subject = frozenset(term for word in claim.subject for term in self._stems(analyzer, word)[-1:])
        return Stated(said, subject, dict(zip(terms, self.snapshot.lexical.rarity(terms), strict=True)))

    def _places_of(self, hit: Hit) -> list[Place]:
        """The places of a hit; a passage that several searches found is taken apart once."""
        passage = hit.passage
        if passage.id not in self._places:
            self._places[passage.id] = list(self._all_places(hit))
        return [replace(place, hit=hit) for place in self._places[passage.id]]

    def _all_places(self, hit: Hit) -> Iterator[Place]:
        passage = hit.passage
        title = self._told(passage.context, passage.meta)
        spans = list(_spans(passage))
        said = [self._told(passage.text[start:end], passage.meta) for start, end in spans]
        before = EMPTY
        for number, ((start, end), own) in enumerate(zip(spans, said, strict=True)):
            yield Place(hit, start, end, own, title, before, two=False)
            if number + 1 < len(spans) and _goes_on(said[number + 1]):
                both = joined((own, said[number + 1]))
                yield Place(hit, start, spans[number + 1][1], both, title, before, two=True)
            before = joined((before, own))

    def compare(self, claim: Claim, hits: Sequence[Hit]) -> list[Compared]:
        """The places that have most of the claim and agree with it, best first; then those with one difference. A pair
        of sentences is left out where one of them will do.
        """
        stated: dict[str, Stated] = {}
        found = []
        for hit in hits:
            language = str(hit.passage.meta.get(LANGUAGE, ""))
            if language not in stated:
                stated[language] = self._stated(claim, hit.passage.meta)
            for place in self._places_of(hit):
                own = _compared(stated[language], place)
                if own is not None:
                    found.append(own)
        found.sort(key=_order)
        whole = _smallest([one for one in found if one.agreement.whole])
        different = [one for one in found if len(one.agreement.differences) == 1 and not one.agreement.missing]
        return whole[:COMPARED] + _smallest(different)[:COMPARED]

    def cosines(self, text: str, compared: Sequence[Compared]) -> list[float]:
        """How near a text is to each of its places, which are encoded with their titles."""
        if not compared:
            return []
        passages = [_passage(text, "", "")]
        for one in compared:
            passage = one.place.hit.passage
            passages.append(_passage(passage.text[one.place.start : one.place.end], passage.title, passage.heading))
        vectors = self.retriever.encoder.encode_passages(passages)
        return [float(value) for value in vectors[1:] @ vectors[0]]


def judged(text: str, claim: Claim, compared: Sequence[Compared], cosines: Sequence[float]) -> Grounded:
    """The verdict over a claim."""
    rated = sorted(
        ((probability(one.features(near)), one) for one, near in zip(compared, cosines, strict=True)),
        key=lambda pair: -pair[0],
    )
    best = max((share for share, one in rated if one.agreement.whole), default=0.0)
    own = text[claim.start : claim.end]
    supporting = [(share, one) for share, one in rated if one.agreement.whole and share >= SUPPORTED]
    if supporting:
        return Grounded(own, claim.start, claim.end, "supported", best, _grounds(supporting))
    against = [(share, one) for share, one in rated if not one.agreement.whole and share >= CONTRADICTED]
    if against:
        return Grounded(own, claim.start, claim.end, "contradicted", best, _grounds(against))
    return Grounded(own, claim.start, claim.end, "unsupported", best)


def probability(features: Sequence[float]) -> float:
    """That of the model."""
    odds = BIAS + sum(weight * value for weight, value in zip(WEIGHTS, features, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, odds))))


def _order(one: Compared) -> tuple[float, ...]:
    return -(one.coverage_all + one.coverage - 0.05 * one.place.two), one.place.hit.rank, one.place.start


def _smallest(found: Sequence[Compared]) -> list[Compared]:
    """The places without the pairs of which one sentence is among them."""
    single = {edge for one in found if not one.place.two for edge in _edges(one.place)}
    return [one for one in found if not (one.place.two and _edges(one.place) & single)]


def _edges(place: Place) -> set[tuple[str, int]]:
    return {(place.hit.passage.id, place.start), (place.hit.passage.id, place.end)}


def _grounds(rated: Sequence[tuple[float, Compared]]) -> tuple[Ground, ...]:
    """The best places, of which no two overlap."""
    taken: list[Ground] = []
    for share, one in rated:
        place = one.place
        start, end = place.hit.passage.start + place.start, place.hit.passage.start + place.end
        if len(taken) < GROUNDS and not any(
            ground.hit.passage.doc_id == place.hit.passage.doc_id
            and ground.document_span[0] < end
            and start < ground.document_span[1]
            for ground in taken
        ):
            taken.append(Ground(place.start, place.end, place.hit, share, one.agreement.differences))
    return tuple(taken)


def _goes_on(said: Statement) -> bool:
    """Whether a sentence may be joined with the one before it. Where no capital tells names, only one that refers to
    something named before: else each of two subjects could be taken for the other's.
    """
    return said.refers or not said.stretches


def _compared(claim: Stated, place: Place) -> Compared | None:
    """How a claim stands in a place; None where they have little in common."""
    weights = claim.weights
    here = set(place.said.terms)
    around = here | set(place.title.terms) | (set(place.before.terms) if place.said.refers else set())
    if claim.subject and not claim.subject & (around | set(place.before.terms)):
        return None
    total = sum(weights.values())
    if len(weights) < FEWEST or _share(weights, here, total) < LEAST:
        return None
    told = agreement(claim.said, place.said, place.title, place.before)
    counted = {term: weight for term, weight in weights.items() if term not in _differing(claim.said, told)}
    total = sum(counted.values())
    if not total:
        return None
    return Compared(
        place,
        told,
        _share(counted, here, total),
        _share(counted, around, total),
        math.log1p(len(counted)),
        bool(place.said.denied) and not claim.said.denied,
    )


def _differing(said: Statement, told: Agreement) -> frozenset[str]:
    """The terms of what differs."""
    texts = {one.said for one in told.differences}
    names = (name.terms for name in said.names if name.text in texts)
    words = (tuple(text.split()) for text in texts)
    return frozenset(term for terms in (*names, *words) for term in terms)


def _share(weights: Mapping[str, float], held: set[str], total: float) -> float:
    return sum(weight for term, weight in weights.items() if term in held) / total


def _spans(passage: Passage) -> Iterator[tuple[int, int]]:
    """The sentences of a passage, without the white space around them."""
    start = 0
    for end in passage.sentence_ends:
        whole = passage.text[start:end]
        first, last = end - len(whole.lstrip()), start + len(whole.rstrip())
        if first < last:
            yield first, last
        start = end


def _passage(text: str, title: str, heading: str) -> Passage:
    return Passage("", "", text, title, 0, len(text), heading)
