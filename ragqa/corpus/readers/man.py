"""Man pages in both dialects of roff's macros, man and mdoc, line by line (`ragqa.corpus.readers.lines`).

Sections become headings; a label (``.TP``, ``.IP``, ``.It``) and what is said of it belong together. A file without
macros is plain text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ragqa.corpus.files import SourceFile
from ragqa.corpus.readers.lines import NOT_FOLLOWED, Lines, lines_of, row
from ragqa.corpus.readers.mdoc import Mdoc
from ragqa.corpus.readers.roff import unescaped, words
from ragqa.documents import Document

_BREAKS = frozenset(
    """
    PP P LP Pp sp HP RE RS Bl El Bd Ed Lp br fi nf EX EE in ti ne Rs Re YS TQ UN
""".split()
)
_FONTS = frozenset(("B", "I", "R", "SM", "SB"))
_MIXED = frozenset(("BR", "BI", "IR", "IB", "RB", "RI"))
_IGNORED_BLOCKS = {"de": "..", "de1": "..", "am": "..", "ig": "..", "EQ": ".EN", "PS": ".PE", "GS": ".GE"}
_MARK = 2  # characters of a label that is a bullet or a number


def read_man(file: SourceFile) -> Iterator[Document]:
    """One document; its title is the page's name with its section: "tar(1)"."""
    lines = lines_of(file)
    if not any(line[:1] in (".", "'") and line[1:2].isalpha() for line in lines):
        yield Lines(lines).document(file)
        return
    page = _Page(lines)
    yield page.read().document(file, page.title)
    if page.included:
        file.remarks.append(NOT_FOLLOWED)


class _Page:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._out = Lines()
        self._strings: dict[str, str] = {}
        self._mdoc = Mdoc()
        self._at = 0
        self._label: int | None = None  # the line of the label that is being explained
        self._expects = ""  # "label" or "heading" on the next line
        self._prefix = ""
        self._level = 1
        self.title = ""
        self.included = False
        self._special: dict[str, Callable[[str, str], None]] = {
            **dict.fromkeys(("SH", "SS", "Sh", "Ss"), self._section),
            **dict.fromkeys(("TP", "TQ"), self._labelled),
            **dict.fromkeys(("TH", "Dt"), self._titled),
            **dict.fromkeys(("if", "ie", "el", "while"), self._condition),
            **dict.fromkeys(_IGNORED_BLOCKS, self._ignored),
            **dict.fromkeys(("ds", "ds1", "as"), self._string),
            "IP": self._item,
            "It": self._mdoc_item,
            "TS": self._table,
            "so": self._include,
        }

    def read(self) -> Lines:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if line[:1] in (".", "'"):
                self._macro(line)
            elif not line.strip():
                self._break()
            else:
                self._say(self._plain(line))
        self._break(emit=False)
        return self._out

    def _plain(self, text: str) -> str:
        return unescaped(text, self._strings)

    def _emit(self, text: str = "") -> None:
        self._out.text.append(text.rstrip())

    def _break(self, *, emit: bool = True) -> None:
        """End a paragraph, and what is said of a label."""
        if self._label is not None and not self._expects:
            self._out.keep(self._label, len(self._out.text))
            self._label = None
        if emit:
            self._emit()

    def _say(self, text: str) -> None:
        """A line of text: a label or a heading where one is expected."""
        expected, self._expects = self._expects, ""
        if expected == "heading":
            self._heading(text)
        elif expected == "label":
            self._label = len(self._out.text)
            self._emit(text)
        else:
            self._emit(f"{self._prefix}{text}")
            self._prefix = ""

    def _heading(self, text: str) -> None:
        text = " ".join(text.split())
        self._break(emit=False)
        at = len(self._out.text)
        self._out.heading(at, self._level, text, at + 1)
        self._emit(text)

    def _macro(self, line: str) -> None:
        name, _, rest = line[1:].strip().partition(" ")
        if name.startswith('\\"') or not name:
            return self._emit()
        if name in self._special:
            return self._special[name](name, rest)
        if name in _BREAKS:
            return self._break()
        text = self._inline(name, rest)
        return self._say(text) if text else self._emit()

    def _inline(self, name: str, rest: str) -> str:
        arguments = words(rest)
        if name in _FONTS:
            if not arguments:  # the next line is in this font
                return ""
            return self._plain(" ".join(arguments))
        if name in _MIXED:
            return self._plain("".join(arguments))
        if name in ("UR", "MT", "SY", "OP", "URL", "MR"):
            parts = [self._plain(argument) for argument in arguments]
            if name == "MR" and len(parts) > 1:
                return f"{parts[0]}({parts[1]}){''.join(parts[2:])}"
            return f"[{' '.join(parts)}]" if name == "OP" else " ".join(parts)
        if name in ("UE", "ME"):
            return self._plain(" ".join(arguments))
        return self._plain(self._mdoc.line(name, arguments))

    def _section(self, name: str, rest: str) -> None:
        self._level = 1 if name in ("SH", "Sh") else 2
        if rest.strip():
            self._heading(self._plain(" ".join(words(rest))))
        else:
            self._expects = "heading"
            self._emit()

    def _titled(self, name: str, rest: str) -> None:
        parts = [self._plain(word) for word in words(rest)]
        if parts and not self.title:
            section = f"({parts[1]})" if len(parts) > 1 and parts[1] else ""
            called = parts[0].lower() if parts[0].isupper() else parts[0]
            self.title = f"{called}{section}"
        self._emit(" ".join(parts[2:]) if name == "TH" else "")

    def _labelled(self, name: str, rest: str) -> None:
        self._break()
        self._expects = "label"

    def _item(self, name: str, rest: str) -> None:
        label = self._plain((words(rest) or [""])[0]).strip()
        self._break(emit=False)
        if label and (len(label) <= _MARK or label.rstrip(".)").isdigit()) and not label.isalpha():
            self._prefix = f"{label} "
            self._emit()
            return
        if label:
            self._label = len(self._out.text)
        self._emit(label)

    def _mdoc_item(self, name: str, rest: str) -> None:
        label = self._plain(self._mdoc.line("It", words(rest))).strip()
        self._break(emit=False)
        if label:
            self._label = len(self._out.text)
        self._emit(label or "")

    def _condition(self, name: str, rest: str) -> None:
        """What holds for terminals is read, if it is on the line; all else is passed over."""
        test, _, then = rest.partition(" ")
        if name in ("if", "ie") and test in ("n", "!t") and then.startswith("."):
            return self._macro(then)
        depth = rest.count("\\{") - rest.count("\\}")
        self._emit()
        while depth > 0 and self._at < len(self._lines):
            depth += self._lines[self._at].count("\\{") - self._lines[self._at].count("\\}")
            self._at += 1
            self._emit()
        return None

    def _ignored(self, name: str, rest: str) -> None:
        closing = _IGNORED_BLOCKS[name]
        self._emit()
        while self._at < len(self._lines):
            line = self._lines[self._at].rstrip()
            self._at += 1
            self._emit()
            if line == closing or line.replace(" ", "") == closing:
                return

    def _string(self, name: str, rest: str) -> None:
        key, _, value = rest.partition(" ")
        self._strings[key] = self._plain(value.lstrip().removeprefix('"'))[:1000]
        self._emit()

    def _include(self, name: str, rest: str) -> None:
        self.included = True
        self._emit()

    def _table(self, name: str, rest: str) -> None:
        """A table of tbl: options, formats up to a line that ends in ".", and rows with tabs between their cells."""
        self._break()
        separator, first, in_formats = "\t", 0, True
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if line.startswith(".TE"):
                self._emit()
                break
            if in_formats:
                if line.rstrip().endswith(";") and "tab(" in line:
                    separator = line.partition("tab(")[2][:1] or separator
                in_formats = not line.rstrip().endswith(".")
                self._emit()
                first = len(self._out.text)
            elif line.startswith(".T&"):
                in_formats = True
                self._emit()
            elif line.startswith(".") or not line.strip(" _=-\t"):
                self._emit()
            else:
                self._row(line, separator)
        if first < len(self._out.text):
            self._out.tables.append((first, first, len(self._out.text)))

    def _row(self, line: str, separator: str) -> None:
        """A row with cells of several lines between ``T{`` and ``T}`` stands on its first line."""
        taken = 1
        while line.rstrip().endswith("T{") and self._at < len(self._lines):
            line = line.rstrip()[:-2]
            while self._at < len(self._lines):
                more = self._lines[self._at]
                self._at, taken = self._at + 1, taken + 1
                if more.startswith("T}"):
                    line += more[2:]
                    break
                line += f"{self._part(more)} "
        self._emit(row([self._plain(cell) for cell in line.split(separator)]))
        for _ in range(taken - 1):
            self._emit()

    def _part(self, line: str) -> str:
        if not line.startswith("."):
            return line
        name, _, rest = line[1:].partition(" ")
        return self._inline(name, rest)
