"""Prints replies and hits on a terminal."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from ragqa.cli.terminal import Styled, note, say
from ragqa.seen import shown

if TYPE_CHECKING:
    from ragqa.index.snapshot import Snapshot
    from ragqa.pipeline import Pipeline
    from ragqa.types import Answer, Hit, Reply

_WHITE = re.compile(r"\s+")
QUOTE_CHARS = 300


def note_unchecked(snapshot: Snapshot) -> None:
    """Say on stderr if the files of a large index were not all compared with their hashes yet."""
    if not snapshot.checked:
        note(f"{snapshot.directory}: still being checked when this was found; ragqa verify looks at every byte")


def note_unpromised(pipeline: Pipeline) -> str:
    """Say on stderr, and return, why no answer is given: the calibration cannot promise the risk that is set."""
    from ragqa.answering import unpromised

    said = unpromised(pipeline.config.read, pipeline.calibration)
    if said:
        note(said)
    return said


def print_reply(reply: Reply, *, promised: bool = True) -> None:
    """Answers with score, quotation and place; without an answer, what most likely holds one. Where no answer is given
    because the risk that is set cannot be ``promised``, candidates are not said to be too unsure.
    """
    if reply.searched:
        say(f"Searched for: {reply.searched} (--as-typed searches for the words as they are)")
    if not reply.answered and not any(part.answered for part in reply.parts):
        _print_near(reply, promised=promised)
    for number, answer in enumerate(reply.answers, 1):
        _print_answer(f"{number}. ", answer)
    for part in reply.parts:
        _print_part(part)
    total = reply.timings.get("total", 0.0)
    note(f"{reply.read} of {len(reply.hits)} passages read in {total:.0f} ms")


def _print_near(reply: Reply, *, promised: bool) -> None:
    """What comes near, where no answer is given."""
    say("No answer found." if promised or not reply.candidates else "No answer given.")
    for answer in reply.candidates:
        where = place(answer.hit, answer.line, answer.document_span)
        said = "not sure enough" if promised else "nothing promised"
        say(f"   {said}: {one_line(words(answer))}  {answer.score:.2f}  {where}")
    if reply.nearest is not None:
        say("What most likely holds an answer:")
        _print_excerpt("   ", reply.nearest)
    elif reply.hits:
        say("The nearest passages:")
        for hit in reply.hits[:3]:
            print_hit(hit)


def _print_part(part: Reply) -> None:
    """The best answer about one of two things that are compared."""
    say(Styled(part.question, underline=True))
    for answer in part.answers[:1]:
        _print_answer("   ", answer)
    if not part.answered:
        say("   No answer found.")


def _print_answer(head: str, answer: Answer) -> None:
    """An answer with score, quotation and place."""
    if answer.kind == "excerpt":
        _print_excerpt(head, answer)
        return
    *before, last = words(answer).expandtabs(4).splitlines() or [""]
    starts = [f"{head}{verdict(answer)}", *["   "] * len(before)]
    for start, line in zip(starts, before, strict=False):
        say(start, Styled(line, bold=True))
    say(starts[-1], Styled(last, bold=True), f"  {answer.score:.2f}")
    say("   ", *([stored(answer)] if answer.faq else marked(answer)))
    _print_items(answer)
    where = place(answer.hit, answer.line, answer.document_span)
    say(Styled(f"   {where}{_support(answer)}", dim=True))


def _print_excerpt(head: str, answer: Answer) -> None:
    """An excerpt as it stands, with score and place."""
    lines = [line.rstrip() for line in words(answer).expandtabs(4).splitlines() if line.strip()] or [""]
    for start, line in zip([head + verdict(answer), *["   "] * len(lines)], lines, strict=False):
        say(start, line)
    _print_items(answer)
    where = place(answer.hit, answer.line, answer.document_span)
    say(Styled(f"   {answer.score:.2f}  {where}", dim=True))


def _print_items(answer: Answer) -> None:
    """The single things of an enumeration, a line each, unless they stand so in the answer."""
    if answer.text.count("\n") + 1 < len(answer.items):
        for start, end in answer.items:
            say(f"   · {one_line(answer.shown(start, end))}")


def print_hit(hit: Hit) -> None:
    """Rank, score, place and the start of the passage."""
    sources = " ".join(f"{name} {score:.2f}" for name, score in hit.sources.items())
    where = place(hit, hit.passage.line, (hit.passage.start, hit.passage.end))
    say(f"{hit.rank}. ", Styled(where, bold=True), f"  {hit.score:.2f} ({sources})")
    if hit.passage.is_faq:
        say(f"   {hit.passage.title}")
    passage = hit.passage
    text = shown(passage.text, passage.source, 0, len(passage.text))
    say(f"   {_shorten(one_line(text), QUOTE_CHARS)}")


def verdict(answer: Answer) -> str:
    """What stands before an answer whose sentence decides a question for yes or no; "" before others."""
    return f"{answer.verdict.capitalize()} — " if answer.verdict else ""


def words(answer: Answer) -> str:
    """The answer as a page shows it."""
    return answer.shown(answer.span.start, answer.span.end)


def one_line(text: str) -> str:
    """The text with each run of white space, line breaks included, replaced by one space."""
    return " ".join(text.split())


def stored(answer: Answer) -> str:
    """A line that says for which question a stored answer was written."""
    return f"stored answer to: {answer.hit.passage.title}"


def place(hit: Hit, line: int, characters: tuple[int, int]) -> str:
    """``source:line``, or, if the source has no lines, the source and these characters of the document."""
    if line:
        return f"{hit.passage.source}:{line}"
    return f"{hit.passage.source} (characters {characters[0]}-{characters[1]})"


def quotation(answer: Answer) -> str:
    """The sentence around the answer, with the answer in »quotation marks«, on one line."""
    before, quoted, after = _sentence(answer)
    return f"{before}»{quoted}«{after}"


def marked(answer: Answer) -> list[str | Styled]:
    """The parts of `quotation` for `say`; on a terminal the answer is highlighted instead of put in marks."""
    if not sys.stdout.isatty():
        return [quotation(answer)]
    before, quoted, after = _sentence(answer)
    return [before, Styled(quoted, bold=True, underline=True), after]


def _sentence(answer: Answer) -> tuple[str, str, str]:
    """The answer's sentence in three parts: before the answer, the answer, after it; each on one line."""
    span, (start, end) = answer.span, answer.sentence
    before, after = (_WHITE.sub(" ", answer.shown(*part)) for part in ((start, span.start), (span.end, end)))
    return before[-QUOTE_CHARS:].lstrip(), one_line(words(answer)), after[:QUOTE_CHARS].rstrip()


def _support(answer: Answer) -> str:
    count = len(answer.support)
    return f"  (+{count} more place{'s' * (count > 1)})" if count else ""


def _shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
