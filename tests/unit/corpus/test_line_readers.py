"""Formats whose text keeps the lines of its file: reStructuredText, AsciiDoc, man pages, LaTeX, programs."""

import gzip
import random
import re
import time

import pytest

from ragqa.config import SplitConfig
from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.formats import FORMATS
from ragqa.corpus.guard import read_file
from ragqa.corpus.split import split


def read(path, content):
    path.write_bytes(gzip.compress(content.encode()) if path.suffix == ".gz" else content.encode())
    items = list(read_file(SourceFile(path, path.name)))
    (document,) = [item for item in items if not isinstance(item, Problem)]
    assert document.text.count("\n") == content.count("\n") and document.line == 1
    return document, [item.reason for item in items if isinstance(item, Problem)]


def said(document, words=120):
    """(heading, line, text on one line) of the passages."""
    return [(p.heading, p.line, " ".join(p.text.split())) for p in split(document, SplitConfig(words))]


RST = """\
.. _top:

============
Pump *P-100*
============

:Author: Ada Roth

See :ref:`the label <lab>`, ``code *x*`` and `our page <https://example.org/p>`_ of |maker|.

.. |maker| replace:: Roth Ltd
.. a comment
   of two lines

Start it like this::

    pump --start

    pump --log

Limits
======

.. warning:: It is hot.
   Wear gloves.

pressure
   At most 16 bar.

-v, --verbose   Say more.

.. option:: --speed RPM
   :required:

   Turns in a minute.

   .. versionadded:: 2.1

Behind it.

Sizes
-----

=====  ======
Model  Height
=====  ======
P-100  12 cm
P-200  20 cm
=====  ======

.. list-table:: Weights
   :header-rows: 1

   * - Model
     - Weight
   * - P-100
     - 3 kg
"""


def test_rst(tmp_path):
    document, problems = read(tmp_path / "p.rst", RST)
    assert not problems and document.title == "Pump P-100"
    passages = said(document)
    assert passages[0] == (
        "",
        7,
        "Author: Ada Roth See the label, code *x* and our page (https://example.org/p) of Roth Ltd. "
        "Start it like this: pump --start pump --log",
    )
    assert passages[1][:2] == ("Limits", 24)
    assert "Warning: It is hot. Wear gloves. pressure At most 16 bar. -v, --verbose Say more." in passages[1][2]
    assert passages[2] == ("Limits > --speed RPM", 32, "--speed RPM Turns in a minute. New in version 2.1:")
    assert passages[3] == ("Limits", 39, "Behind it.")
    assert passages[4][0] == "Limits > Sizes"
    assert passages[4][2] == "Model | Height P-100 | 12 cm P-200 | 20 cm Weights Model | Weight P-100 | 3 kg"
    assert [table.columns for table in document.tables] == ["Model | Height", "Model | Weight"]
    assert "comment" not in document.text


def test_rst_titles_are_told_from_tables_and_transitions(tmp_path):
    text = "One\n===\n\ntext\n\n----\n\nmore\n\n====== =====\nnot a  title\n====== =====\n\nTwo\n~~~\n\nThree\n=====\n"
    document, _ = read(tmp_path / "t.rst", text)
    assert [section.heading for section in document.sections] == ["One", "One > Two", "Three"]


ADOC = """\
= The Orlin Guide
Ada Roth <ada@example.org>
:product: Orlin
:version: 2.1
// not to be read

{product} is *fast*, see https://example.org[our page] and <<limits,the limits>>.

[[limits]]
== Limits of `{product}`

.Before you start
* Wear gloves.
** Both.

[source,bash]
----
start {product}

stop
----

NOTE: It is hot.

CPU:: The brain.
RAM::

The memory.

|===
|City |Founded

|Brent
|1300
|Sarn |1411
|===

include::other.adoc[]

////
hidden
////
Old Title
---------
kbd:[Ctrl+C] stops{nbsp}it.
"""


def test_asciidoc(tmp_path):
    document, problems = read(tmp_path / "g.adoc", ADOC)
    assert document.title == "The Orlin Guide" and document.meta == {"product": "Orlin", "version": "2.1"}
    assert problems == ["names other files to be included, which is not followed"]
    passages = said(document)
    assert passages[0] == (
        "",
        2,
        "Ada Roth <ada@example.org> Orlin is fast, see our page (https://example.org) and the limits.",
    )
    heading, line, text = passages[1]
    assert (heading, line) == ("Limits of Orlin", 12)
    assert text == (
        "Before you start - Wear gloves. - Both. start {product} stop NOTE: It is hot. CPU: The brain. RAM: "
        "The memory. City | Founded Brent | 1300 Sarn | 1411"
    )
    assert passages[2] == ("Old Title", 45, "Ctrl+C stops it.")
    assert [table.columns for table in document.tables] == ["City | Founded"]
    assert "hidden" not in document.text and "not to be read" not in document.text
    small = [text for _, _, text in said(document, words=12)]
    assert any("RAM: The memory." in text for text in small)  # label and value stay together


MAN = r""".\" not to be read
.TH PUMP 1 2024-01-01
.SH NAME
pump \- moves \fIwater\fP
.SH OPTIONS
.TP
.BR \-a ", " \-\-all
Show all. It is long.
.TP
\fB\-s\fR \fIRPM\fR
Turns in a minute.
.IP \(bu 2
a point
.SS "See also"
.nf
  pump | less
.fi
.BR less (1).
"""

MDOC = """.Dd March 1, 2024
.Dt SHUTTER 8
.Os
.Sh NAME
.Nm shutter
.Nd closes shutters
.Sh SYNOPSIS
.Nm
.Op Fl ab
.Op Fl f Ar file
.Sh DESCRIPTION
The
.Nm
utility reads
.Pa /etc/shutter.conf ,
see
.Xr ls 1 .
.Bl -tag
.It Fl a
All of
.Dq the shutters .
.El
"""


@pytest.mark.parametrize("name", ["pump.1", "pump.1.gz", "pump.man"])
def test_man(tmp_path, name):
    document, _ = read(tmp_path / name, MAN)
    assert document.title == "pump(1)"
    assert said(document) == [
        ("", 2, "2024-01-01"),
        ("NAME", 4, "pump - moves water"),
        ("OPTIONS", 7, "-a, --all Show all. It is long. -s RPM Turns in a minute. • a point"),
        ("OPTIONS > See also", 16, "pump | less less(1)."),
    ]
    texts = [text for _, _, text in said(document, words=8)]
    assert "-a, --all Show all. It is long." in texts and any(text.startswith("-s RPM Turns") for text in texts)


def test_a_label_stays_with_what_is_said_of_it(tmp_path):
    page = '.TH X 1\n.SH OPTIONS\n.TP\n.BR \\-o " FILE NAME HERE"\n.\\" a comment\nWrite it there.\n.PP\nThat is all.\n'
    document, _ = read(tmp_path / "x.1", page)
    assert "-o FILE NAME HERE Write it there." in [text for _, _, text in said(document, words=7)]


def test_mdoc(tmp_path):
    document, _ = read(tmp_path / "shutter.8", MDOC)
    assert document.title == "shutter(8)"
    assert [text for _, _, text in said(document)] == [
        "March 1, 2024",
        "shutter – closes shutters",
        "shutter [-ab] [-f file]",
        "The shutter utility reads /etc/shutter.conf, see ls(1). -a All of “the shutters”.",
    ]


def test_a_file_that_only_looks_like_a_man_page_is_text(tmp_path):
    document, _ = read(tmp_path / "app.log.1", "The pump was started.\n... and stopped.\n")
    assert document.text == "The pump was started.\n... and stopped.\n"


LATEX = r"""\documentclass{article}
\newcommand{\tool}{Orlin}
\title{The \tool{} Paper: \emph{ferries}}
\author{Ada Roth \and Ivo L\"{o}fgren}
\begin{document}
\maketitle
\begin{abstract}
We\indexfoot{not to be read} show \textbf{that \emph{it} works}~\cite{roth2020}. % not to be read
\end{abstract}
\section{Costs}\label{sec:costs}
The caf\'e of Stra{\ss}e 5 costs 50\% of 5\$, with $x \leq \alpha$\footnote{A note.}.
\begin{itemize}
\item one
\item[Key] value
\end{itemize}
\begin{verbatim}
x = {1} % kept
\end{verbatim}
\begin{tabular}{l|r}
\hline
City & Founded \\ \hline
Brent & 1300 \\
\end{tabular}
\subsection*{More on
  ferries}
See \href{https://example.org}{our page} and \url{https://example.org/~a}.
\end{document}
not to be read
"""


def test_latex(tmp_path):
    document, _ = read(tmp_path / "p.tex", LATEX)
    assert document.title == "The Orlin Paper: ferries"
    assert said(document) == [
        ("", 3, "The Orlin Paper: ferries Ada Roth, Ivo Löfgren"),
        ("Abstract", 8, "We show that it works [roth2020]."),
        (
            "Costs",
            11,
            "The café of Straße 5 costs 50% of 5$, with x ≤α (A note.). - one Key: value x = {1} % kept "
            "City | Founded Brent | 1300",
        ),
        ("Costs > More on ferries", 26, "See our page (https://example.org) and https://example.org/~a."),
    ]


PYTHON = '''"""Pumps.

They move water."""
import os
LIMIT = 16  # bar

# How it is cooled:
# by air.
COOLED = True


class Pump:
    """A pump."""

    @property
    def speed(self, unit: str = "rpm") -> int:
        """Turns in a minute."""
        turns = 5  # a guess
        return turns

    def nothing(self):
        return os
'''


def test_python(tmp_path):
    document, _ = read(tmp_path / "pump.py", PYTHON)
    assert document.title == "pump.py"
    assert said(document) == [
        ("", 1, "Pumps. They move water. LIMIT = 16 # bar How it is cooled: by air."),
        ("Pump", 12, "class Pump: A pump."),
        (
            "Pump > speed",
            16,
            'def speed(self, unit: str = "rpm") -> int: Turns in a minute. turns = 5 # a guess',
        ),
    ]


def test_what_is_no_python_of_today_is_read_by_its_comments(tmp_path):
    document, _ = read(
        tmp_path / "old.py", '# Old pumps.\nprint "x"\n\n# Starts it.\ndef start():\n    print "y"  # go\n'
    )
    assert said(document) == [("", 1, "Old pumps."), ("start", 4, 'Starts it. def start(): print "y" # go')]


JAVASCRIPT = """#!/usr/bin/env node
/* Licence of the pump. */
import x from 'y';

/**
 * Adds two <b>numbers</b>, see {@link sub}.
 * @param {number} a the first
 */
export function add(a, b) {
  // as one does
  return sum(a, b); // at once
}

const text = "// no comment";
"""
C = "/* Turns in a minute. */\nint speed(int unit);\n\n/** Colour. */\nenum colour { RED, /* hot */ BLUE };\n"


def test_other_programs(tmp_path):
    document, _ = read(tmp_path / "add.js", JAVASCRIPT)
    assert said(document) == [
        ("", 2, "Licence of the pump."),
        (
            "add",
            6,
            "Adds two numbers, see sub. @param {number} a the first export function add(a, b) { as one does "
            "return sum(a, b); // at once",
        ),
    ]
    document, _ = read(tmp_path / "speed.h", C)
    assert [passage[0] for passage in said(document)] == ["speed", "colour"]
    assert "int speed(int unit);" in document.text and "enum colour { RED, /* hot */ BLUE };" in document.text


def test_signs_in_a_heading_of_latex_stay(tmp_path):
    document, _ = read(tmp_path / "a.tex", "\\section{Costs of \\$5 \\{net\\}} Low.\n")
    assert document.text == "Costs of $5 {net}  Low.\n" and document.title == "Costs of $5 {net}"


PARTS = re.findall(
    r"\S+",
    r"""= == --- ~~~~ .... :: .. note:: | |=== +---+---+ * ` `` \begin{x} \end{x} \section{ } { \item [ ] $ % \ & .TP
    .SH .B .IP \f \( T{ T} .TS .TE ' " word A. # // /* */ :x: ____ |x| ++++ ---- é \cite{ \textbf{ \begin{tabular}
    \end{tabular} \begin{document} \title{ \end{document} term:: .It .Op \* \s""",
)
LINES = [
    "\n",
    "\n\n",
    "\t",
    "== ==",
    "`a <b>`_",
    ".. function:: f(x)",
    ".. list-table::",
    "   * - a",
    "     - b",
    "def f():",
]


@pytest.mark.parametrize("suffix", [".rst", ".adoc", ".1", ".tex", ".py", ".js", ".hs"])
def test_whatever_stands_there_lines_stay(tmp_path, suffix):
    rng = random.Random(suffix)
    path = tmp_path / f"a{suffix}"
    for _ in range(100):
        parts = [rng.choice(rng.choice((PARTS, LINES))) for _ in range(rng.randrange(1, 60))]
        text = "".join(part + rng.choice(("", " ", "\n")) for part in parts)
        path.write_text(text, encoding="utf-8")
        (document,) = FORMATS[suffix].read(SourceFile(path, path.name))
        assert document.text.count("\n") == text.count("\n"), text
        starts = [section.start for section in document.sections]
        assert starts == sorted(starts) and all(0 <= start <= len(document.text) for start in starts)
        borders = [border for span in document.together for border in span]
        assert borders == sorted(borders)


HARD = {
    ".rst": ["`" * 50_000, "*a " * 30_000, "|a " * 30_000, ":a:`" * 20_000, "= = " * 20_000, "a_ " * 30_000],
    ".adoc": ["`" * 50_000, "*a " * 30_000, "<<a" * 30_000, "link:a[" * 10_000, "[" * 50_000, "((a" * 20_000],
    ".1": [".B " + "\\f" * 30_000, '.B "' * 20_000, "\\[" * 30_000],
    ".tex": ["\\a{" * 5_000, "{" * 50_000, "\\begin{tabular}" * 3_000, "\\verb|" * 10_000, "$" * 50_000],
    ".py": ["# " * 30_000, "'" * 30_001],
    ".js": ["/" * 50_000, "<a " * 20_000, "{@link " * 10_000],
}


REPEATED = {  # lines that begin something which is looked for in all lines after or before them
    ".rst": ["a::\n  x\n", "= =\n", "= =\nx y\n", "= =\n" * 8_000 + "\n", "+---+\n", "+---+\n| a |\n"],
    ".adoc": [":a: {a}{a}x\n", "a::\n", "a::\n\n", "a\n----\nx\n----\n", "|===\n", "////\n"],
    ".1": [".TP\na\nb\n", ".TS\n", ".IP a\n"],
    ".tex": ["\\section{\n", "\\begin{a}\n"],
}


@pytest.mark.parametrize("suffix", REPEATED)
def test_lines_that_repeat_take_linear_time(tmp_path, suffix):
    for number, line in enumerate(REPEATED[suffix]):
        path = tmp_path / f"{number}{suffix}"
        path.write_text(line * max(1, 32_000 // len(line)) + "x")
        began = time.process_time()
        list(read_file(SourceFile(path, path.name)))
        assert time.process_time() - began < 5, line[:20]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", HARD)
def test_hard_lines_take_linear_time(tmp_path, suffix):
    for number, text in enumerate(HARD[suffix]):
        path = tmp_path / f"{number}{suffix}"
        path.write_text(text)
        began = time.process_time()
        list(read_file(SourceFile(path, path.name)))
        assert time.process_time() - began < 20, text[:20]
