"""The questions that a command line asks: words on the line, or the lines of a file."""

from __future__ import annotations

import re
import sys
from itertools import islice
from pathlib import Path

import click

from ragqa.errors import ConfigError, QuestionError, SourceError

_DASHED = "a question that begins with a dash goes behind --"
_NO_NAME = re.compile(r"-[^A-Za-z-]")  # no option is called so
_FIRST = re.compile(r"--[\w-]+|-\w|-")


class Asking(click.Command):
    """A command whose arguments are the words of a question, which may begin with a dash ("-40 degrees")."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See `click.Command`."""
        try:
            return super().parse_args(ctx, self._apart(ctx, args))
        except click.NoSuchOption as error:
            raise click.UsageError(f"{error.format_message()} ({_DASHED})", ctx) from error

    def _apart(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The line with its options in front and the words of the question behind "--"; as it is if the last option
        has no value.
        """
        named = [option for option in self.get_params(ctx) if isinstance(option, click.Option)]
        known = {name for option in named for name in option.opts}
        with_value = {name for option in named if not (option.is_flag or option.count) for name in option.opts}
        options: list[str] = []
        words: list[str] = []
        left = iter(args)
        for word in left:
            if word == "--":
                words += left
            elif word.startswith("-") and not _is_asked(word, known):
                options += [word, *(islice(left, 1) if word in with_value else ())]
                if word in with_value and options[-1] is word:
                    return args
            else:
                words.append(word)
        return [*options, "--", *words]


def _is_asked(word: str, known: set[str]) -> bool:
    """Whether an argument that begins with a dash is no option: it begins as none is called, or it is a sentence."""
    first = _FIRST.match(word)
    begins_as_option = first is not None and first[0] in known
    return word == "-" or bool(_NO_NAME.match(word)) or (" " in word and not begins_as_option)


def asked(words: tuple[str, ...], file: str | None) -> list[str]:
    """The question on the line, or the lines of a file (of standard input for "-") that are not empty.

    A file may be in any encoding of text (`ragqa.corpus.encoding`).
    """
    if file is not None and words:
        raise ConfigError("give a question or --file, not both")
    if file is None:
        text = " ".join(words).strip()
        if not text:
            raise QuestionError('the question is empty: ragqa ask "your question"')
        return [text]
    lines = [line.strip() for line in content(file, "a list of questions, one a line").splitlines() if line.strip()]
    if not lines:
        raise SourceError(f"{file}: holds no question (one a line)")
    return lines


def written(words: tuple[str, ...], file: str | None) -> str:
    """The text on the line, or all of a file (of standard input for "-")."""
    if (file is None) == (not words):
        raise ConfigError("give a text or --file" if file is None else "give a text or --file, not both")
    text = " ".join(words) if file is None else content(file, "a text")
    if not text.strip():
        raise SourceError(f"{file}: holds no text") if file is not None else QuestionError("the text is empty")
    return text


def content(file: str, what: str) -> str:
    """The text of a file, in any encoding; ``what`` is wanted of it."""
    from ragqa.corpus.encoding import decode

    try:
        return decode(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes())
    except OSError as error:
        raise SourceError(f"{file}: cannot be read ({error.strerror or error})") from error
    except SourceError as error:
        raise SourceError(f"{file}: not {what}: {error}") from error
