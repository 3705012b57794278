"""Python: docstrings, comments, and the lines that they are about, each under the name of its class or function."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator

from ragqa.corpus.files import SourceFile
from ragqa.corpus.readers.code import comment_text, read_other_code
from ragqa.corpus.readers.lines import Lines, lines_of
from ragqa.documents import Document

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_QUOTES = ('"""', "'''", '"', "'")


def read_python(file: SourceFile) -> Iterator[Document]:
    """One document in the lines of the file; its title is the file's name. What is no Python of today is read by the
    looks of its comments.
    """
    lines = lines_of(file)
    source = "\n".join(lines)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of programs that are sloppy, which is not for us to say
            tree = ast.parse(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (SyntaxError, ValueError, tokenize.TokenError):
        yield from read_other_code(file, "python")
        return
    said = [""] * len(lines)
    for token in tokens:
        if token.type == tokenize.COMMENT:
            _say_comment(said, lines, token)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            _say_docstring(said, lines, node)
    out = Lines(said)
    _head(out, tree, 1)
    yield out.document(file, file.name)


def _say_comment(said: list[str], lines: list[str], token: tokenize.TokenInfo) -> None:
    """A comment alone on its line is text; behind code, the line stands as it is."""
    at = token.start[0] - 1
    alone = not lines[at][: token.start[1]].strip()
    said[at] = comment_text(token.string) if alone else lines[at].rstrip()


def _say_docstring(said: list[str], lines: list[str], node: ast.Module | _Definition) -> None:
    """A docstring without its quotation marks, and the head of the class or function that it is about."""
    first = node.body[0] if node.body else None
    if not (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    ):
        return
    start, end = first.lineno - 1, (first.end_lineno or first.lineno) - 1
    block = lines[start : end + 1]
    if isinstance(node, ast.Module) or node.lineno - 1 < start:
        block[-1] = _without_end(block[-1])
        block[0] = _without_start(block[0])
        said[start : end + 1] = block
    if not isinstance(node, ast.Module):
        head = range(node.lineno - 1, max(node.lineno, start))
        said[head.start : head.stop] = lines[head.start : head.stop]


def _without_start(line: str) -> str:
    bare = line.lstrip()
    blanks, body = line[: len(line) - len(bare)], bare.lstrip("rRuUbBfF")
    mark = next((mark for mark in _QUOTES if body.startswith(mark)), "")
    return blanks + body[len(mark) :] if mark else line


def _without_end(line: str) -> str:
    bare = line.rstrip()
    mark = next((mark for mark in _QUOTES if bare.endswith(mark)), "")
    return bare[: len(bare) - len(mark)] if mark else line


def _head(out: Lines, node: ast.AST, level: int) -> None:
    """Headings for what has something to say, in the order of the file; each ends with its definition."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            first = min([child.lineno, *(one.lineno for one in child.decorator_list)]) - 1
            end = child.end_lineno or child.lineno
            if any(line.strip() for line in out.text[first:end]):
                out.heading(first, level, child.name)
                _head(out, child, level + 1)
                out.heading(end, level, "")
        elif not isinstance(child, ast.expr):
            _head(out, child, level)
