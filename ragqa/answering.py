"""One generation of an index with the models that ask it: requests in, replies out. Nothing here ever changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ragqa.asking import Ask
from ragqa.config import Config, ReadConfig
from ragqa.errors import ConfigError, QuestionError, RagqaError
from ragqa.evidence.answers import CONSIDERED, null_share, rank_answers
from ragqa.evidence.calibration import Calibration, Step, fewest_for, threshold
from ragqa.evidence.excerpts import rank_excerpts
from ragqa.evidence.listed import items_of
from ragqa.evidence.masses import Evidence
from ragqa.evidence.stopping import ended
from ragqa.evidence.verdicts import verdict_of
from ragqa.faq import StoredAnswers
from ragqa.filters import Filter, parse_filter
from ragqa.index.snapshot import Snapshot
from ragqa.protocols import Reader
from ragqa.questions import Sides, as_question, compared
from ragqa.retrieve import HybridRetriever
from ragqa.store.passages import encodable
from ragqa.timing import Stopwatch
from ragqa.types import Answer, Hit, Reply, Stopped

UNPROMISED = 0.15  # the threshold where no questions were held out to promise anything
EXCERPT_RISK = 0.5  # of the risk: sentences are right more often, and the whole of it would let anything through
THRESHOLDS = 128  # remembered: a curve is walked through once for each setting of the risk
Told = Callable[[int, Sequence[Hit]], None]
Left = Callable[[int], bool]  # whether nobody waits any more for the reply to the request at a place


def untold(_place: int, _hits: Sequence[Hit]) -> None:
    """Of a request's passages nobody is told."""


def awaited(_place: int) -> bool:
    """Nobody has left: every request is read to its end."""
    return False


@dataclass(frozen=True, slots=True)
class Request:
    """An `Ask` with all that it leaves open filled in: ``threshold`` is the score from which short answers are given,
    ``excerpts_from`` that of excerpts. ``question`` is what is searched for and read, ``typed`` what was asked. A
    question that compares two things has a request for each as its ``parts``; then of its own passages half are read,
    and a quarter for each part; ``valued`` says that each part is answered by a value. Then none is given for the
    question as a whole, where it would look like a verdict.
    """

    question: str
    where: Filter | None
    read: ReadConfig
    threshold: float
    excerpts_from: float = math.inf
    typed: str = ""
    parts: tuple[Request, ...] = ()
    valued: bool = False

    def own(self, hits: Sequence[Hit]) -> Sequence[Hit]:
        """Those of the hits that are read for the question as a whole."""
        return hits[: max(1, len(hits) // 2)] if self.parts else hits


class Answering:
    """Answers requests from one generation; safe to use from several threads. Without a ``reader`` it only searches."""

    def __init__(
        self,
        retriever: HybridRetriever,
        reader: Reader | None,
        stored: StoredAnswers,
        calibration: Calibration,
        config: Config,
    ) -> None:
        self.retriever, self.reader, self.stored = retriever, reader, stored
        self.calibration, self.config = calibration, config
        self._thresholds = lru_cache(THRESHOLDS)(lambda read: _thresholds(read, calibration))

    @property
    def snapshot(self) -> Snapshot:
        """The generation."""
        return self.retriever.snapshot

    def with_reader(self, reader: Reader) -> Answering:
        """The same with another reader."""
        return Answering(self.retriever, reader, self.stored, self.calibration, self.config)

    def request(self, ask: Ask) -> Request:
        """A checked request; `QuestionError` or `ConfigError` if there is something wrong with it."""
        whole = self._request(ask)
        sides = compared(whole.question, self.snapshot.manifest.config.language)
        return whole if sides is None else replace(whole, parts=self._parts(ask, whole, sides), valued=not sides.told)

    def _request(self, ask: Ask) -> Request:
        read = settings_for(self.config.read, ask)
        typed, where = checked(ask.question), parse_filter(ask.where)
        question = typed if read.as_typed else self._understood(typed, where)
        return Request(question, where, read, *self._thresholds(read), typed)

    def _parts(self, ask: Ask, whole: Request, sides: Sides) -> tuple[Request, ...]:
        """A request for each of two things that a question compares."""
        passages, form = max(1, whole.read.passages // 4), whole.read.form
        own = replace(ask, passages=passages, as_typed=True, form="excerpt" if sides.told and form == "auto" else form)
        return tuple(self._request(replace(own, question=side)) for side in sides.questions)

    def _understood(self, typed: str, where: Filter | None) -> str:
        """The question as it is to be searched for and read: with words corrected, and as a question."""
        language = self.snapshot.manifest.config.language
        return as_question(self.retriever.respelled(typed, where), language)

    def answer(self, asks: Sequence[Ask], found_for: Told = untold, left: Left = awaited) -> list[Reply | RagqaError]:
        """One reply a request, in order, the same as each alone would get. ``found_for`` is told the place of each
        request and its passages before they are read. ``left`` is asked before each round of reading; a request that
        nobody waits for is read no further, and its reply is not to be used.

        What is wrong with a request (`QuestionError`, `ConfigError`) stands in its reply's place. What is wrong with
        the index or with a model concerns all requests and is raised.
        """
        watch = Stopwatch()
        requests: dict[int, Request] = {}
        failed: dict[int, RagqaError] = {}
        for place, ask in enumerate(asks):
            try:
                requests[place] = self.request(ask)
            except (QuestionError, ConfigError) as error:
                failed[place] = error
        every: list[Request] = []
        wholes: dict[int, int] = {}  # the places of the requests by their places among all
        owners: list[int] = []  # of all, the places of the requests that they are or are parts of
        for place, request in requests.items():
            wholes[len(every)] = place
            every += [request, *request.parts]
            owners += [place] * (1 + len(request.parts))

        def tell(number: int, hits: Sequence[Hit]) -> None:
            if number in wholes:
                found_for(wholes[number], hits)

        replies = iter(self._answer(every, watch, tell, lambda number: left(owners[number])))
        done: dict[int, Reply | RagqaError] = {**failed}
        for place, request in requests.items():
            reply, *parts = (next(replies) for _ in range(1 + len(request.parts)))
            sides = tuple(part for part in parts if isinstance(part, Reply))
            done[place] = replace(reply, parts=sides) if isinstance(reply, Reply) and sides else reply
        return [done[place] for place in range(len(asks))]

    def parts(self, request: Request, left: Left = awaited) -> tuple[Reply, ...]:
        """The replies to a request's parts."""
        replies = self._answer(request.parts, Stopwatch(), untold, left)
        return tuple(reply for reply in replies if isinstance(reply, Reply))

    def _answer(
        self, asked: Sequence[Request], watch: Stopwatch, found_for: Told, left: Left
    ) -> list[Reply | RagqaError]:
        """A reply a request, in order, without those to their parts."""
        found: dict[int, Sequence[Hit]] = {}
        failed: dict[int, RagqaError] = {}
        requests = dict(enumerate(asked))
        for places in _alike(requests):
            try:
                found.update(zip(places, self.find([requests[place] for place in places], watch), strict=True))
            except ConfigError as error:
                failed.update(dict.fromkeys(places, error))
        places = sorted(found)
        own = [requests[place].own(found[place]) for place in places]
        for place, hits in zip(places, own, strict=True):
            found_for(place, hits)
        replies = self.read([requests[place] for place in places], own, watch, lambda number: left(places[number]))
        done: dict[int, Reply | RagqaError] = {**failed, **dict(zip(places, replies, strict=True))}
        return [done[place] for place in requests]

    def find(self, requests: Sequence[Request], watch: Stopwatch | None = None) -> list[list[Hit]]:
        """The passages that each request is answered from, in the order in which they are to be read; copies take one
        place together.

        All requests must be alike in ``where`` and in how many passages they want.
        """
        if not requests:
            return []
        first = requests[0]
        questions = [request.question for request in requests]
        return self.retriever.retrieve(questions, first.read.passages, first.where, watch, apart=True)

    def read(
        self,
        requests: Sequence[Request],
        hits: Sequence[Sequence[Hit]],
        watch: Stopwatch | None = None,
        left: Left = awaited,
    ) -> list[Reply]:
        """Replies from passages already found, each request's best first; ``left`` as in `answer`."""
        watch = watch or Stopwatch()
        evidence = self.weigh(requests, hits, left)
        watch.lap("read")
        timings = watch.share(max(1, len(requests)))
        return [self.conclude(request, seen, timings) for request, seen in zip(requests, evidence, strict=True)]

    def weigh(self, requests: Sequence[Request], hits: Sequence[Sequence[Hit]], left: Left = awaited) -> list[Evidence]:
        """What reading shows of each request's hits, best first, until the rest cannot change the best answer or nobody
        waits for it any more.

        Each round reads the next passage of every request that is still open; with a reader that prefers batches, the
        next 1, 2, 4, 8 … passages. What was read is taken in passage by passage until reading may end, so the evidence
        is the same however many were read at once.
        """
        reader = self.require_reader()
        weights, language = self.calibration.weights, self.snapshot.manifest.config.language
        asked = [request.question for request in requests]
        evidence = [Evidence.on(*one, weights, language) for one in zip(asked, hits, strict=True)]
        size, growth = 1, 2 if getattr(reader, "prefers_batches", False) else 1
        pending = [place for place, seen in enumerate(evidence) if self._ended(requests[place], seen) is None]
        while pending := [place for place in pending if not left(place)]:
            ahead = [(place, hit) for place in pending for hit in evidence[place].hits[evidence[place].read :][:size]]
            questions = [requests[place].question for place, _ in ahead]
            spans = self.stored.read(reader, questions, [hit for _, hit in ahead])
            over = set[int]()
            for (place, _), found in zip(ahead, spans, strict=True):
                if place not in over:
                    evidence[place].add(found)
                    over |= {place} if self._ended(requests[place], evidence[place]) else set()
            pending = [place for place in pending if place not in over]
            size *= growth
        return evidence

    def _ended(self, request: Request, seen: Evidence) -> Stopped | None:
        """Why reading ends, None if it goes on; for a list of answers everything is read."""
        if request.read.all:
            return "exhausted" if seen.read >= len(seen.hits) else None
        return ended(seen, self.calibration.stop, request.read.change)

    def conclude(self, request: Request, seen: Evidence, timings: Mapping[str, float]) -> Reply:
        """The answers that are sure enough to be given; if none is, the best as candidates."""
        read, typed = request.read, request.typed or request.question
        count = CONSIDERED if read.all else read.answers
        best = rank_answers(seen, self.calibration.score, count, several=read.all)
        short = tuple(answer for answer in best if answer.score >= request.threshold)
        wanted = read.form == "excerpt" or (read.form == "auto" and seen.asked.wants_excerpt)
        excerpts = self._excerpts(read, seen) if wanted or not short else ()
        sure = tuple(one for one in excerpts if wanted and one.score >= request.excerpts_from)
        told = read.form == "excerpt" or request.valued
        given = short if short and short[0].faq else sure or (() if told else short)
        return Reply(
            question=typed,
            searched="" if request.question == typed else request.question,
            answers=tuple(_in_form(answer, request.question, seen) for answer in given),
            hits=tuple(seen.hits),
            generation=self.snapshot.generation,
            timings=timings,
            read=seen.read,
            no_answer=null_share(seen),
            candidates=() if given else best[: read.answers],
            stopped=self._ended(request, seen) or "exhausted",
            nearest=None if given or not excerpts else _in_form(excerpts[0], request.question, seen),
        )

    def _excerpts(self, read: ReadConfig, seen: Evidence) -> tuple[Answer, ...]:
        """The best excerpts; none without a fit that says what they are worth, and where only short answers are
        wanted.
        """
        fitted = self.calibration.excerpts
        return () if fitted is None or read.form == "span" else rank_excerpts(seen, fitted.score, read.answers)

    def require_reader(self) -> Reader:
        """The reader; `ConfigError` where there is none."""
        if self.reader is None:
            raise ConfigError("this pipeline was loaded to search only (reads=False): load it with a reader to ask")
        return self.reader


def _in_form(answer: Answer, question: str, seen: Evidence) -> Answer:
    """The answer with what its sentence says to a question for yes or no, and the single things that it enumerates."""
    return replace(answer, verdict=verdict_of(answer, question, seen.asked, seen.wording), items=items_of(answer, seen))


def settings_for(read: ReadConfig, ask: Ask) -> ReadConfig:
    """``read`` with what the request says of it; `ConfigError` for a value out of range."""
    said = {
        "answers": ask.k,
        "passages": ask.passages,
        "risk": ask.risk,
        "min_score": ask.min_score,
        "all": ask.all,
        "form": ask.form,
        "as_typed": ask.as_typed,
    }
    changes: dict[str, object] = {name: value for name, value in said.items() if value is not None}
    if "risk" in changes and "min_score" not in changes:
        changes["min_score"] = None
    return replace(read, **changes) if changes else read  # type: ignore[arg-type]


def _thresholds(read: ReadConfig, calibration: Calibration) -> tuple[float, float]:
    """Of short answers and of excerpts."""
    excerpts = calibration.excerpts.curve if calibration.excerpts is not None else ()
    careful = replace(read, risk=EXCERPT_RISK * read.risk)
    return lowest_score(read, calibration.curve), lowest_score(careful, excerpts)


def lowest_score(read: ReadConfig, curve: Sequence[Step]) -> float:
    """The score an answer must reach to be given: ``min_score`` if set, else what keeps the ``risk``.

    A risk that the curve cannot promise lets no answer through; with nothing to promise from it is `UNPROMISED`.
    """
    if read.min_score is not None:
        return read.min_score
    if not curve:
        return UNPROMISED
    found = threshold(curve, read.risk)
    return math.inf if found is None else found


def unpromised(read: ReadConfig, calibration: Calibration) -> str:
    """In words: why no answer is sure enough at the risk that is set; "" where answers are given."""
    if lowest_score(read, calibration.curve) < math.inf or read.min_score is not None:
        return ""
    fewest, fitted = fewest_for(read.risk), calibration.questions
    why = f"this needs at least {fewest:,}" if fitted < fewest else "of which too many were answered wrongly"
    return (
        f"no threshold keeps wrong answers down to {100 * read.risk:.3g} %: the scores were fitted to {fitted:,} "
        f"questions, {why}; name a larger --risk, or fit the scores to more questions of your own: ragqa calibrate"
    )


def checked(question: str) -> str:
    """A question as text that can be written down, without outer white space; an empty one is an error.

    Bytes that a terminal gave and that are no character in its encoding become question marks.
    """
    if not isinstance(question, str):
        raise QuestionError(f"a question must be text, not {type(question).__name__}")
    clean = encodable(question).strip()
    if not clean:
        raise QuestionError("the question is empty: type something to ask")
    return clean


def _alike(requests: Mapping[int, Request]) -> list[list[int]]:
    """The places of the requests, those together that are found by one search."""
    groups: dict[tuple[Filter | None, int], list[int]] = {}
    for place, request in requests.items():
        groups.setdefault((request.where, request.read.passages), []).append(place)
    return list(groups.values())
