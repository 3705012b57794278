"""Replies as the text of a message, each answer cited; and what such a text says when a later request has it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ragqa.serve.bodies import MODEL
from ragqa.serve.links import Link
from ragqa.types import Answer, Reply

NOTHING = "No answer was found in the documents."
OTHERS = "Other answers:"
SHORT = 200  # characters of a message of other origin that may be an answer as a whole
LONGEST = 4_000  # characters of a line with a source; what is longer was not written by `say`, and takes long to match
_VERDICT = re.compile(r"(?:Yes|No): ")
_SOURCE = re.compile(r"\((?:(?P<title>.*): )?\[.*\]\(\S*\)\)")


@dataclass(frozen=True, slots=True)
class Told:
    """What a message answered: the short answer, its sentence, and the title of the document; each may be empty."""

    answer: str = ""
    sentence: str = ""
    title: str = ""


@dataclass(slots=True)
class _Text:
    """A text that grows, with the citations of its characters."""

    link: Link
    text: str = ""
    notes: list[Mapping[str, Any]] = field(default_factory=list)

    def block(self, words: str) -> None:
        """Begin a paragraph."""
        self.text += f"\n\n{words}" if self.text else words

    def cite(self, answer: Answer) -> None:
        """The words of an answer, as a citation."""
        start = len(self.text)
        self.text += answer.text
        citation = {
            "start_index": start,
            "end_index": len(self.text),
            "title": answer.hit.passage.title or answer.source,
            "url": self.link(answer),
        }
        self.notes.append({"type": "url_citation", "url_citation": citation, MODEL: answer.to_dict()})


def say(reply: Reply, link: Link) -> tuple[str, list[Mapping[str, Any]]]:
    """A reply in words, and a citation for each answer in it: the best with its sentence and source, then the others
    that are given, then those to each of two things that are compared.
    """
    text = _Text(link)
    parts = reply.parts if any(part.answered for part in reply.parts) else ()
    if reply.answered or not parts:
        _say_answers(text, reply)
    for part in parts:
        text.block(f"**{part.question}**")
        _say_answers(text, part)
    return text.text, text.notes


def _say_answers(text: _Text, reply: Reply) -> None:
    if not reply.answers:
        text.block(NOTHING)
        return
    best, *others = reply.answers
    text.block(f"{best.verdict.capitalize()}: " if best.verdict else "")
    text.cite(best)
    if best.kind != "excerpt":
        text.block("\n".join(f"> {line}" for line in best.quote().split("\n")))
    text.block(_source(best, text.link))
    for number, answer in enumerate(others):
        text.block(OTHERS + "\n\n* ") if not number else text.block("* ")
        text.cite(answer)
        text.text += f" {_source(answer, text.link)}"


def _source(answer: Answer, link: Link) -> str:
    """Title, source and line, which lead to the place."""
    passage = answer.hit.passage
    named = (answer.source or passage.doc_id) + (f", line {answer.line}" if answer.line else "")
    shown = re.sub(r"([\[\]\\])", r"\\\1", named)
    address = link(answer).replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    return f"({passage.title}: [{shown}]({address}))" if passage.title else f"([{shown}]({address}))"


def told_by(content: str) -> Told:
    """What a message of an assistant answered, if it is one that `say` wrote, or a short one of other origin."""
    answer, *rest = content.strip().split("\n\n")
    if not rest:
        return Told() if answer == NOTHING or len(answer) > SHORT else Told(answer)
    if answer.startswith("**") or not _is_quoted(rest[0]):  # to one of two things, or an excerpt
        return Told()
    sentence = "\n".join(line.removeprefix(">").removeprefix(" ") for line in rest[0].split("\n"))
    line = _first(rest[1:])
    source = _SOURCE.fullmatch(line) if len(line) <= LONGEST else None
    return Told(_VERDICT.sub("", answer, count=1), sentence, (source and source["title"]) or "")


def _is_quoted(block: str) -> bool:
    return all(line.startswith(">") for line in block.split("\n"))


def _first(blocks: Sequence[str]) -> str:
    return blocks[0] if blocks else ""
