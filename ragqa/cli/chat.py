"""``ragqa chat``: a conversation, in which each question is completed from the earlier ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ragqa.cli.options import (
    answering_config,
    answering_options,
    index_option,
    locate_index,
    parse_where,
    settings_options,
    where_option,
)
from ragqa.cli.terminal import Styled, note, print_json, say

if TYPE_CHECKING:
    from ragqa.session import Exchange, Session
    from ragqa.types import Hit

PROMPT = "? "
HELP = """\
/why      what the last question was understood as, what was found and how it was scored
/sources  every place of the last reply's answers
/reset    forget what was said
/quit     leave (also Ctrl-D)"""


@click.command()
@index_option
@answering_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object a question.")
@where_option
@settings_options
def chat(
    index_dir: str | None,
    as_json: bool,
    where: tuple[str, ...],
    config_file: str | None,
    settings: tuple[str, ...],
    **answering: Any,
) -> None:
    """Ask one question after the other.

    A question may refer to earlier ones ("And when did he die?"). It is completed with words of earlier questions,
    answers and titles, and the completed question is shown. Lines that begin with / are commands; /help lists them. The
    rules are English; in other languages a question that is short or has a word such as "he" gets the last one in front
    of it.
    """
    config = answering_config(config_file, settings, answering)
    filters = parse_where(where)
    directory = locate_index(index_dir)
    from ragqa.cli.output import note_unpromised
    from ragqa.cli.progress import progress_bar
    from ragqa.pipeline import Pipeline

    with progress_bar() as progress:
        progress("loading", 0, None)
        pipeline = Pipeline.load(directory, config)
    promised = not note_unpromised(pipeline)
    talk(pipeline.session(where=filters), as_json=as_json, promised=promised)


def talk(session: Session, *, as_json: bool, promised: bool = True) -> None:
    """Answer line by line until the input ends or a line is the command to quit; ``promised`` as of `print_reply`."""
    commands = {"/why": show_why, "/sources": show_sources}
    if sys.stdin.isatty():
        note("ask a question; /help lists the commands, Ctrl-D leaves")
    for line in lines():
        if line in ("/quit", "/exit"):
            return
        if line == "/reset":
            session.reset()
            note("what was said is forgotten")
        elif line == "/help":
            for text in HELP.splitlines():
                note(text)
        elif line in commands:
            _last(session, commands[line], as_json=as_json)
        elif line.startswith("/"):
            note(f"{line.split()[0]} is no command; /help lists them")
        else:
            _answer(session, line, as_json=as_json, promised=promised)


def lines() -> Iterator[str]:
    """Lines that are not empty, until the input ends.

    The prompt is shown on a terminal only, so it is never part of redirected results. Undecodable bytes are kept; they
    are replaced by `checked`.
    """
    if sys.stdin.isatty() and sys.stdout.isatty():
        _ = _line_editing()
        read: Callable[[], str] = _typed
    else:
        if hasattr(sys.stdin, "reconfigure"):
            sys.stdin.reconfigure(errors="surrogateescape")
        read = _piped
    while True:
        try:
            line = read()
        except EOFError:
            if sys.stdin.isatty():
                note()  # end the line of the prompt on the terminal
            return
        if line.strip():
            yield line.strip()


def show_why(session: Session, exchange: Exchange, *, as_json: bool) -> None:
    """Show how the question was completed and why; then ask it again and show what each stage found."""
    from ragqa.cli.explaining import print_explanation
    from ragqa.session import Explaining

    understood = exchange.understood
    assert isinstance(session.pipeline, Explaining)
    explanation = session.pipeline.explain(understood.question, where=session.where)
    if as_json:
        print_json({"why": {**exchange.to_dict(), "explanation": explanation.to_dict()}}, indent=None)
        return
    say(f"typed:      {understood.typed}")
    say(f"understood: {understood.question}")
    for carried in understood.carried:
        ago = "last" if carried.turn == 1 else f"{carried.turn} questions ago,"
        said = f"{ago} {carried.source}" if carried.source != "title" else f"title of the {ago} answer's document"
        say(f"carried:    {carried.text}  ({said}; {carried.reason})")
    if not understood.carried:
        say(f"carried:    nothing{f' ({understood.note})' if understood.note else ''}")
    print_explanation(explanation)


def show_sources(_: Session, exchange: Exchange, *, as_json: bool) -> None:
    """Show all places of every answer: the one that was shown and the others with the same answer."""
    from ragqa.cli.output import marked, one_line, place, words

    if as_json:
        print_json({"sources": [answer.to_dict() for answer in exchange.reply.answers]}, indent=None)
        return
    for number, answer in enumerate(exchange.reply.answers, 1):
        say(f"{number}. ", Styled(one_line(words(answer)), bold=True))
        places: list[tuple[list[str | Styled], Hit, tuple[int, int]]]
        places = [(marked(answer), answer.hit, answer.document_span)]
        for one in answer.support:
            span = _document_span(one.span.start, one.span.end, one.hit.passage.start)
            places.append(([one_line(one.text)], one.hit, span))
        for quoted, hit, (start, end) in places:
            passage = hit.passage
            line = passage.line + passage.text.count("\n", 0, start - passage.start) if passage.line else 0
            say(f"   {place(hit, line, (start, end))}  ", *quoted)
    if not exchange.reply.answers:
        say("no answer, so no place")


def _document_span(start: int, end: int, passage_start: int) -> tuple[int, int]:
    return passage_start + start, passage_start + end


def _answer(session: Session, line: str, *, as_json: bool, promised: bool) -> None:
    from ragqa.cli.output import print_reply

    understood = session.understand(line)
    if understood.carried and not as_json:
        note(f"→ {understood.question}")
    reply = session.ask(line)
    if as_json:
        print_json(session.history[-1].to_dict(), indent=None)
        return
    if understood.note and not understood.carried:
        note(understood.note)
    print_reply(reply, promised=promised)


def _last(session: Session, show: Callable[..., None], *, as_json: bool) -> None:
    if session.last is None:
        note("nothing was asked yet")
        return
    show(session, session.last, as_json=as_json)


def _typed() -> str:
    return input(PROMPT)


def _piped() -> str:
    if sys.stdin.isatty():
        say(PROMPT, err=True, end="")
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _line_editing() -> bool:
    """Switch on arrow keys and the history of lines, if the system has them."""
    try:
        import readline  # noqa: F401
    except ImportError:
        return False
    return True
