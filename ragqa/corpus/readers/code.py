"""Programs in other languages: comments, and the lines that they are about, as Pygments tells them from code.

A comment is headed by the name that the next line of code declares. Everything stands in its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ragqa.characters import compiled
from ragqa.corpus.files import SourceFile
from ragqa.corpus.readers.lines import Lines, lines_of
from ragqa.documents import Document

LANGUAGES = {
    ".c": "c", ".h": "c", ".cpp": "cpp", ".cc": "cpp", ".cxx": "cpp", ".hpp": "cpp", ".hh": "cpp", ".cs": "csharp",
    ".java": "java", ".kt": "kotlin", ".scala": "scala", ".groovy": "groovy", ".swift": "swift", ".go": "go",
    ".rs": "rust", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "jsx", ".ts": "typescript",
    ".tsx": "tsx", ".rb": "ruby", ".php": "php", ".pl": "perl", ".pm": "perl", ".sh": "bash", ".bash": "bash",
    ".zsh": "bash", ".ps1": "powershell", ".lua": "lua", ".r": "r", ".jl": "julia", ".hs": "haskell", ".ml": "ocaml",
    ".ex": "elixir", ".exs": "elixir", ".erl": "erlang", ".clj": "clojure", ".sql": "sql", ".dart": "dart",
    ".f90": "fortran", ".proto": "protobuf", ".zig": "zig", ".nim": "nim", ".vb": "vbnet", ".css": "css",
    ".scss": "scss",
}  # fmt: skip
_MARKS = compiled(r"\s*(?:/\*+!?<?|\*+/|\*(?=\s|\Z)|//+[!<]?|#+!?|--+|;+|%+|\{-\|?|\(\*+|<!--|<#|=begin|=end)[ \t]?")
_ENDS = compiled(r"[ \t]*(?:\*+/|-\}|\*+\)|-->|#>)[ \t]*\Z")
_TAGS = compiled(r"</?[A-Za-z][\w.-]*(?:\s[^<>]{0,200})?/?>")
_LINKS = compiled(r"\{@(?:link|code|linkplain|literal|value)\s+([^{}]*)\}")
_DECLARED = compiled(
    r"\b(?:function|class|interface|struct|enum|trait|impl|fn|func|fun|def|defp|defmodule|module|namespace|sub|type|record|"
    r"object|protocol|extension|message|service|macro_rules!|package|const|let|var|val|procedure|subroutine)"
    r"\s+(?:\([^()]*\)\s*)?([A-Za-z_$][\w$.:]*)"
)
_CALLED = compiled(r"([A-Za-z_~$][\w:~$.]*)\s*(?:<[^<>()]*>\s*)?\(")
_NAMED = compiled(r"([A-Za-z_$][\w$.-]*)\s*(?::=|=|:|\{|;)")
_IMPORTS = compiled(r"\s*(?:import|#\s*include|#\s*pragma|#\s*ifndef|using|require|use|from|package|extern)\b")
_STATEMENT = compiled(
    r"\s*(?:\}\s*)?(?:if|for|while|switch|return|catch|match|when|else|case|do|try|throw|goto|echo)\b"
)
_MODIFIED = compiled(
    r"\s*(?:public|private|protected|internal|static|final|readonly|abstract|virtual|override|async)\b"
)


def read_code(file: SourceFile) -> Iterator[Document]:
    """One document in the lines of the file; its title is the file's name."""
    suffixes = [suffix.lower() for suffix in file.path.suffixes if suffix.lower() != ".gz"]
    yield from read_other_code(file, LANGUAGES[suffixes[-1]])


def read_other_code(file: SourceFile, language: str) -> Iterator[Document]:
    """The same for a language that Pygments knows by this name."""
    lines = lines_of(file)
    out = Lines([""] * len(lines))
    groups: list[tuple[int, int]] = []  # the lines [first, last] of comments of their own that follow one another
    for comment in _comments("\n".join(lines), language):
        before = lines[comment.first][: comment.column].strip()
        behind = lines[comment.last][comment.end :].strip()
        alone = not before and not (behind and comment.first == comment.last)
        for at in range(comment.first, comment.last + 1):
            line = lines[at][: comment.end] if at == comment.last and alone else lines[at]
            out.text[at] = _cleaned(line) if alone else line.rstrip()
        if behind:
            continue
        if alone and groups and comment.first <= groups[-1][1] + 1:
            groups[-1] = (groups[-1][0], comment.last)
        elif alone:
            groups.append((comment.first, comment.last))
    for first, last in groups:
        _head(out, lines, first, last + 1)
    yield out.document(file, file.name)


def comment_text(comment: str) -> str:
    """A line of a comment without its marks."""
    return _ENDS.sub("", _MARKS.sub("", comment, count=1)).rstrip()


def _cleaned(line: str) -> str:
    text = _LINKS.sub(r"\1", comment_text(line))
    return _TAGS.sub("", text) if "<" in text else text


@dataclass(frozen=True, slots=True)
class _Comment:
    """Lines [first, last], the column at which it begins, and the one at which it ends."""

    first: int
    last: int
    column: int
    end: int


def _comments(source: str, language: str) -> Iterator[_Comment]:
    """Each comment once, also where Pygments parts it."""
    last: _Comment | None = None
    for part in _parts(source, language):
        if last is not None and (last.last, last.end) == (part.first, part.column):
            last = _Comment(last.first, part.last, last.column, part.end)
            continue
        if last is not None:
            yield last
        last = part
    if last is not None:
        yield last


def _parts(source: str, language: str) -> Iterator[_Comment]:
    from pygments.lexers import get_lexer_by_name
    from pygments.token import Comment, String

    at, column = 0, 0
    silent = (Comment.Preproc, Comment.PreprocFile, Comment.Hashbang)
    for kind, value in get_lexer_by_name(language, stripnl=False, ensurenl=False).get_tokens(source):
        breaks = value.count("\n")
        if (kind in Comment and not any(kind in one for one in silent)) or kind in String.Doc:
            said = value.rstrip("\n")
            end = len(said) - said.rfind("\n") - 1 if "\n" in said else column + len(said)
            yield _Comment(at, at + said.count("\n"), column, end)
        at += breaks
        column = len(value) - value.rfind("\n") - 1 if breaks else column + len(value)


def _head(out: Lines, lines: list[str], first: int, following: int) -> None:
    """Head a comment by the name that the line of code after it declares, which stands with it."""
    while following < len(lines) and (not lines[following].strip() or lines[following].lstrip()[:1] in "@["):
        following += 1
    line = lines[following] if following < len(lines) else ""
    name = _declared(line, inside=lines[first][:1] in (" ", "\t"))
    if name or lines[first][:1] not in (" ", "\t"):
        out.heading(first, 1, name)
    if name:
        out.text[following] = line.rstrip()


def _declared(line: str, *, inside: bool) -> str:
    """The name that a line declares. ``inside`` a body any call looks like a declaration; there it must say more."""
    if _IMPORTS.match(line) or _STATEMENT.match(line):
        return ""
    patterns = [_DECLARED, _CALLED, _NAMED]
    if inside and not _MODIFIED.match(line):
        patterns = [_DECLARED, _CALLED] if line.rstrip().endswith("{") else [_DECLARED]
    return next((found[1] for pattern in patterns if (found := pattern.search(line))), "")
