"""How replies and reports look on a terminal. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ragqa.index.snapshot import Snapshot
    from ragqa.types import Answer, Hit, Reply

_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+|[。！？]|\n\s*\n")
QUOTE_CHARS = 300


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """One JSON document on stdout; without ``indent`` it is one line."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=indent))


def note(message: str) -> None:
    """A line on stderr."""
    click.echo(message, err=True)


def note_unchecked(snapshot: Snapshot) -> None:
    """Say so on stderr if a large index was still being compared with its hashes when it was asked."""
    if not snapshot.checked:
        note(f"{snapshot.directory}: still being checked when this was found; ragqa verify looks at every byte")


def print_reply(reply: Reply) -> None:
    """Answers with score, quotation and place; without an answer, the nearest passages."""
    if not reply.answered:
        click.echo("No answer found.")
        for answer in reply.candidates:
            where = place(answer.hit, answer.line, answer.document_span)
            click.echo(f"   not sure enough: {' '.join(answer.text.split())}  {answer.score:.2f}  {where}")
        if reply.hits:
            click.echo("The nearest passages:")
        for hit in reply.hits[:3]:
            print_hit(hit)
    for number, answer in enumerate(reply.answers, 1):
        text = answer.text.replace("\n", "\n   ")
        click.echo(f"{number}. {click.style(text, bold=True)}  {answer.score:.2f}")
        click.echo(f"   {stored(answer) if answer.faq else quotation(answer)}")
        where = place(answer.hit, answer.line, answer.document_span)
        click.echo(click.style(f"   {where}{_support(answer)}", dim=True))
    total = reply.timings.get("total", 0.0)
    note(f"{reply.read} of {len(reply.hits)} passages read in {total:.0f} ms")


def print_hit(hit: Hit) -> None:
    """Rank, score, place and the start of the passage."""
    sources = " ".join(f"{name} {score:.2f}" for name, score in hit.sources.items())
    where = place(hit, hit.passage.line, (hit.passage.start, hit.passage.end))
    click.echo(f"{hit.rank}. {click.style(where, bold=True)}  {hit.score:.2f} ({sources})")
    if hit.passage.is_faq:
        click.echo(f"   {hit.passage.title}")
    click.echo(f"   {_shorten(' '.join(hit.passage.text.split()), QUOTE_CHARS)}")


def stored(answer: Answer) -> str:
    """Which question a stored answer was written for."""
    return f"stored answer to: {answer.hit.passage.title}"


def place(hit: Hit, line: int, characters: tuple[int, int]) -> str:
    """``source:line``, or the source and these characters of the document where a source has no lines."""
    if line:
        return f"{hit.passage.source}:{line}"
    return f"{hit.passage.source} (characters {characters[0]}-{characters[1]})"


def quotation(answer: Answer) -> str:
    """The sentence around the answer with the answer marked, on one line."""
    text, span = answer.hit.passage.text, answer.span
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    start = max([end for end in ends if end <= span.start], default=0)
    end = min([end for end in ends if end >= span.end], default=len(text))
    start, end = max(start, span.start - QUOTE_CHARS), min(end, span.end + QUOTE_CHARS)
    before, after = text[start : span.start], text[span.end : end]
    marked = f"»{answer.text}«" if not sys.stdout.isatty() else click.style(answer.text, bold=True, underline=True)
    return " ".join(f"{before}{marked}{after}".split())


def _support(answer: Answer) -> str:
    count = len(answer.support)
    return f"  (+{count} more place{'s' * (count > 1)})" if count else ""


def _shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
