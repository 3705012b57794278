r"""LaTeX, line by line (`ragqa.corpus.readers.lines`): commands go, what they say stays.

Sections become headings. Listings and formulas stand as they are written, with the names of common signs as these
signs; cells of tables are parted by " | ". Nothing is included or run; ``\newcommand`` is followed where it stands for
a text without arguments.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from ragqa.corpus.files import SourceFile
from ragqa.corpus.readers.hidden import Hidden
from ragqa.corpus.readers.latex_signs import ACCENTS, SIGNS
from ragqa.corpus.readers.lines import NOT_FOLLOWED, Lines, lines_of
from ragqa.documents import Document

_LEVELS = {
    "part": 1,
    "chapter": 2,
    "section": 3,
    "subsection": 4,
    "subsubsection": 5,
    "paragraph": 6,
    "subparagraph": 7,
}
_SECTION = re.compile(
    r"\\(part|chapter|section|subsection|subsubsection|paragraph|subparagraph)\*?\s*(?:\[[^\]]*\])?\{"
)
_VERBATIM = re.compile(
    r"\\begin\{(verbatim\*?|Verbatim|lstlisting|minted|alltt|comment)\}(?:\[[^\]]*\])?(?:\{[^}]*\})?(.{0,50000}?)\\end\{\1\}",
    re.DOTALL,
)
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%.*")
_BEGIN = re.compile(r"\\begin\s*\{document\}")
_END = re.compile(r"\\end\s*\{document\}")
_MACRO = re.compile(r"\\(?:(?:re)?newcommand|providecommand|def)\*?\s*\{?\\([A-Za-z]+)\}?\s*\{([^{}#\\]{0,200})\}")
_GROUP = r"\{(?:[^{}]++|\{(?:[^{}]++|\{(?:[^{}]++|\{[^{}]*+\})*+\})*+\})*+\}"
_DEFINITION = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand)\*?\s*(?:\{\s*\\[A-Za-z]+\s*\}|\\[A-Za-z]+)\s*"
    rf"(?:\[[^\]]*\]\s*){{0,2}}{_GROUP}"
    rf"|\\[egx]?def\s*\\[A-Za-z]+(?:#\d){{0,9}}{_GROUP}"
    rf"|\\(?:re)?newenvironment\*?\s*\{{[^{{}}]*\}}\s*(?:\[[^\]]*\]\s*){{0,2}}{_GROUP}\s*{_GROUP}"
)
_INCLUDED = re.compile(r"\\(?:input|include|subfile|lstinputlisting|verbatiminput|inputminted)(?![A-Za-z])")
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([A-Za-z]+\*?)\}(?:\[[^\]\n]*\])?")
_TABULAR = re.compile(
    r"\\begin\s*\{(tabular[x*]?|longtable|array|tabu|tblr)\}(?:\[[^\]]*\])?(?:\{[^{}]*\})?(.{0,50000}?)\\end\s*\{\1\}",
    re.DOTALL,
)
_COLUMNS = re.compile(r"\A\s*\{(?:[^{}]|\{[^{}]*\})*\}")
_RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot|centering)\b|\\(?:cline|cmidrule)(?:\([^)]*\))?\{[^{}]*\}"
)
_CELL = re.compile(r"(?<!\\)&")
_ITEM = re.compile(r"\\item\s*(?:\[((?:[^\[\]]|\[[^\]]*\])*)\])?")
_DROPPED = re.compile(
    r"\\(?:label|ref|eqref|autoref|cref|Cref|pageref|nameref|index|glossary|vspace|hspace|bibliographystyle|pagestyle|"
    r"thispagestyle|includegraphics|input|include|bibliography|setcounter|addtocounter|usepackage|documentclass|"
    r"graphicspath|phantom|hypersetup|setlength|addcontentsline|newpage|clearpage|color|fontsize|selectlanguage|"
    r"newtheorem|theoremstyle|DeclareMathOperator|geometry|lstset|addbibresource|nocite|markboth|numberwithin)"
    r"(?![A-Za-z])\*?\s*(?:\[[^\]]*\])?(?:\s*\{[^{}]*\})*(?:\[[^\]]*\])?"
)
_CITED = re.compile(r"~?\\[a-zA-Z]*cite[a-zA-Z]*\*?(?:\[[^\]]*\]){0,2}\{([^{}]*)\}")
_LINK = re.compile(r"\\href\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_COLOURED = re.compile(
    r"\\(?:textcolor|colorbox|raisebox|parbox|resizebox|fcolorbox|multicolumn|multirow|scalebox)\s*(?:\[[^\]]*\])?\{[^{}]*\}(?:\{[^{}]*\}(?=\{))?\{([^{}]*)\}"
)
_URL = re.compile(r"\\(?:url|path|nolinkurl)\s*\{([^{}]*)\}")
_NOTE = re.compile(r"\\(?:footnote|thanks|marginpar|footnotetext)\s*(?:\[[^\]]*\])?\{([^{}]*)\}")
_INLINE = re.compile(r"\\(?:verb|lstinline)\*?(?:\[[^\]]*\])?([^\sA-Za-z*{\[])(.*?)\1")
_ACCENT = re.compile(r"\\([\"'`^~=.]|[uvHtcdbkr](?![A-Za-z]))\s*(?:\{\s*\\?([A-Za-z]?)\s*\}|\\?([A-Za-z]))")
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?[ \t]?(?:\[[^\[\]\n]*\])?\{([^{}]*)\}")
_WORD = re.compile(r"\\([A-Za-z]+)\*?(?:[ \t]|(?=[^A-Za-z])|\Z)")
_SPACE = re.compile(r"(?<!\\)~|\\[ ,;:!/>]")
_ESCAPED = re.compile(r"\\([&%$#_{}])")
_TYPED = {"textbackslash": "\\", "textasciitilde": "~"}
_SILENT = re.compile(
    r"label|[a-zA-Z]*index[a-zA-Z]*|symlabel|input|include|hspace|vspace|tag|phantom|vphantom|hphantom"
)
_ALTERNATIVE = re.compile(r"\\texorpdfstring\s*\{(?:[^{}]|\{[^{}]*\})*\}\s*(?=\{)")
_FORMATTING = frozenset(
    """
    maketitle tableofcontents listoffigures listoftables appendix frontmatter mainmatter backmatter noindent indent par
    centering raggedright raggedleft smallskip medskip bigskip hfill vfill newline linebreak pagebreak newpage clearpage
    cleardoublepage protect relax left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr middle displaystyle
    textstyle scriptstyle limits nolimits nonumber notag small footnotesize scriptsize tiny normalsize large Large LARGE
    huge Huge bf it rm sf tt sc em sl bfseries itshape rmfamily sffamily ttfamily scshape slshape upshape mdseries
    normalfont selectfont boldmath unboldmath sloppy fussy flushbottom raggedbottom onecolumn twocolumn doublespacing
    singlespacing thispagestyle printbibliography printindex makeindex qedhere qed ignorespaces unskip leavevmode strut
    null mbox hbox vbox item hline and bibliography begin end newcommand renewcommand def let
""".split()
)
_PASSES = 20  # commands in commands
_ABSTRACT = 3


def read_latex(file: SourceFile) -> Iterator[Document]:
    r"""One document; its title is that of ``\title``, or the first heading of the first level that is used."""
    source = "\n".join(lines_of(file)).replace("\0", "")
    reader = _Reader()
    lines = reader.read(source)
    if reader.included:
        file.remarks.append(NOT_FOLLOWED)
    yield lines.document(file, reader.title or reader.first)


class _Reader:
    def __init__(self) -> None:
        self.title = ""
        self.first = ""
        self.included = False
        self._macros: dict[str, str] = {}
        self._hidden = Hidden()

    def read(self, source: str) -> Lines:
        source = _sub(_VERBATIM, self._verbatim, source)
        source = _sub(_INLINE, lambda found: self._hidden.hide(found[2]), source)
        source = _sub(_COMMENT, r"\1", source)
        self._macros = {found[1]: found[2] for found in _MACRO.finditer(source)}
        source = _sub(_DEFINITION, "", source)
        source = self._body(source)
        self.included = _INCLUDED.search(source) is not None
        source = _sub(_TABULAR, lambda found: f"{_rows(found[2])}", source)
        out = Lines(source.split("\n"))
        self._headings(out)
        text = self._plain("\n".join(out.text))
        out.text = [line.rstrip() for line in text.split("\n")]
        return out

    def _verbatim(self, found: re.Match[str]) -> str:
        breaks = found[0].count("\n")
        if found[1] == "comment":
            return "\n" * breaks
        return "\n".join(self._hidden.hide(line) if line.strip() else "" for line in found[2].split("\n")) + "\n" * (
            breaks - found[2].count("\n")
        )

    def _body(self, source: str) -> str:
        """The document without what stands before and behind it, but for its title, authors and date."""
        begin = _BEGIN.search(source)
        head = source[: begin.start()] if begin else ""
        for name in ("title", "author", "date"):
            said = _argument(source, rf"\\{name}\s*(?:\[[^\]]*\])?\{{")
            if name == "title" and said:
                self.title = " ".join(self._plain(said).split())
        if begin:
            kept = [""] * (source.count("\n", 0, begin.end()) + 1)
            for name in ("title", "author", "date"):
                at = re.search(rf"\\{name}\s*(?:\[[^\]]*\])?\{{", head)
                if at:
                    said = _argument(head, rf"\\{name}\s*(?:\[[^\]]*\])?\{{").replace(" \\and ", ", ")
                    line = head.count("\n", 0, at.start())
                    for number, part in enumerate(said.split("\n")):
                        kept[min(line + number, len(kept) - 1)] += part
            source = "\n".join(kept) + source[begin.end() :]
        end = _END.search(source)
        return source[: end.start()] + "\n" * source.count("\n", end.start()) if end else source

    def _headings(self, out: Lines) -> None:
        """Take the headings out of their lines."""
        at = 0
        while at < len(out.text):
            line = out.text[at]
            if found := _SECTION.search(line):
                said, height = _braced(out.text, at, found.end())
                text = " ".join(self._plain(said).split())
                self.first = self.first or text
                self._close(out, at, found, said, height, text)
                at += height
            elif "\\begin{abstract}" in line:
                out.heading(at, _ABSTRACT, "Abstract")
                at += 1
            else:
                at += 1

    def _close(self, out: Lines, at: int, found: re.Match[str], said: str, height: int, text: str) -> None:
        """Write a heading on its line; what stands behind it in the line stays, below the heading."""
        rest = out.text[at + height - 1]
        behind = rest[found.end() + len(said) + 1 :] if height == 1 else rest.partition("}")[2]
        before = out.text[at][: found.start()]
        bare = not self._plain(before + behind).strip()
        out.heading(at, _LEVELS[found[1]], text, at + height if bare else None)
        said = self._hidden.hide(text)  # it is plain already
        out.text[at : at + height] = [said if bare else f"{before}{said} {behind}", *[""] * (height - 1)]

    def _plain(self, text: str) -> str:
        """Text without commands; its lines stay."""
        text = _sub(_LINK, lambda found: f"{found[2]} ({self._hidden.hide(found[1])})", text)
        text = _sub(_ALTERNATIVE, "", text)
        text = _sub(_URL, lambda found: self._hidden.hide(found[1]), text)
        text = _sub(_RULES, "", text)
        text = _sub(_CITED, r" [\1]", text)
        text = _sub(_DROPPED, "", text)
        text = _sub(_ACCENT, _accented, text)
        text = _sub(_ESCAPED, lambda found: self._hidden.hide(found[1]), text)
        text = text.replace("\\\\", " ")
        text = _sub(_ITEM, lambda found: f"{found[1]}: " if found[1] else "- ", text)
        text = _sub(_ENVIRONMENT, "", text)
        text = _sub(_WORD, self._word, text) if "\\" in text else text
        for _ in range(_PASSES):
            plain = _sub(_COMMAND, _argument_kept, _sub(_NOTE, r" (\1)", _sub(_COLOURED, r"\1", text)))
            if plain == text:
                break
            text = plain
        text = _sub(_WORD, self._word, text)
        text = _sub(_SPACE, " ", re.sub(r"(?<!\\)[{}]|\$+|\\[()\[\]]", "", text))
        text = text.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”").replace("\\", "")
        return self._hidden.shown(text)

    def _word(self, found: re.Match[str]) -> str:
        name = found[1]
        if name in self._macros:
            return self._macros[name] + (" " if found[0][-1:] == " " else "")
        if name in _TYPED:
            return self._hidden.hide(_TYPED[name])
        if name in SIGNS:
            return SIGNS[name]
        following = found.string[found.end() : found.end() + 1]
        if following in ("{", "[") or found[0][-1:] in ("{", "["):
            return found[0]
        return "" if name in _FORMATTING else f"{name} " if found[0][-1:] == " " else name


def _sub(pattern: re.Pattern[str], said: str | Callable[[re.Match[str]], str], text: str) -> str:
    """Replace what a pattern finds; line ends that are in it stay."""

    def replaced(found: re.Match[str]) -> str:
        new = found.expand(said) if isinstance(said, str) else said(found)
        return new + "\n" * (found[0].count("\n") - new.count("\n"))

    return pattern.sub(replaced, text)


def _argument_kept(found: re.Match[str]) -> str:
    """What a command that nobody knows says is its argument."""
    return "" if _SILENT.fullmatch(found[1]) else found[2]


def _rows(body: str) -> str:
    return _sub(_CELL, "|", _sub(_COLUMNS, "", body))


def _accented(found: re.Match[str]) -> str:
    letter = found[2] or found[3] or ""
    return unicodedata.normalize("NFC", letter + ACCENTS[found[1]]) if letter else ""


def _argument(source: str, pattern: str) -> str:
    found = re.search(pattern, source)
    return _braced(source[found.end() :].split("\n"), 0, 0)[0] if found else ""


def _braced(lines: list[str], at: int, start: int) -> tuple[str, int]:
    """What stands up to the brace that closes, and over how many lines; up to the end of the line if none does."""
    depth, said = 1, list[str]()
    for number, line in enumerate(lines[at : at + 50]):
        for place in range(start if number == 0 else 0, len(line)):
            char = line[place]
            escaped = place and line[place - 1] == "\\"
            depth += (char == "{" and not escaped) - (char == "}" and not escaped)
            if not depth:
                return "".join(said), number + 1
            said.append(char)
        said.append("\n")
    return lines[at][start:], 1
