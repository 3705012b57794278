"""Formats whose text keeps the lines of its file: reStructuredText, AsciiDoc, man pages, LaTeX."""

import pytest
from support.reading import read_lines, said_on_lines

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
    document, problems = read_lines(tmp_path / "p.rst", RST)
    assert not problems and document.title == "Pump P-100"
    passages = said_on_lines(document)
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
    document, _ = read_lines(tmp_path / "t.rst", text)
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
    document, problems = read_lines(tmp_path / "g.adoc", ADOC)
    assert document.title == "The Orlin Guide" and document.meta == {"product": "Orlin", "version": "2.1"}
    assert problems == ["names other files to be included, which is not followed"]
    passages = said_on_lines(document)
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
    small = [text for _, _, text in said_on_lines(document, words=12)]
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
    document, _ = read_lines(tmp_path / name, MAN)
    assert document.title == "pump(1)"
    assert said_on_lines(document) == [
        ("", 2, "2024-01-01"),
        ("NAME", 4, "pump - moves water"),
        ("OPTIONS", 7, "-a, --all Show all. It is long. -s RPM Turns in a minute. • a point"),
        ("OPTIONS > See also", 16, "pump | less less(1)."),
    ]
    texts = [text for _, _, text in said_on_lines(document, words=8)]
    assert "-a, --all Show all. It is long." in texts and any(text.startswith("-s RPM Turns") for text in texts)


def test_a_label_stays_with_what_is_said_of_it(tmp_path):
    page = '.TH X 1\n.SH OPTIONS\n.TP\n.BR \\-o " FILE NAME HERE"\n.\\" a comment\nWrite it there.\n.PP\nThat is all.\n'
    document, _ = read_lines(tmp_path / "x.1", page)
    assert "-o FILE NAME HERE Write it there." in [text for _, _, text in said_on_lines(document, words=7)]


def test_mdoc(tmp_path):
    document, _ = read_lines(tmp_path / "shutter.8", MDOC)
    assert document.title == "shutter(8)"
    assert [text for _, _, text in said_on_lines(document)] == [
        "March 1, 2024",
        "shutter – closes shutters",
        "shutter [-ab] [-f file]",
        "The shutter utility reads /etc/shutter.conf, see ls(1). -a All of “the shutters”.",
    ]


def test_a_file_that_only_looks_like_a_man_page_is_text(tmp_path):
    document, _ = read_lines(tmp_path / "app.log.1", "The pump was started.\n... and stopped.\n")
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
    document, _ = read_lines(tmp_path / "p.tex", LATEX)
    assert document.title == "The Orlin Paper: ferries"
    assert said_on_lines(document) == [
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


def test_signs_in_a_heading_of_latex_stay(tmp_path):
    document, _ = read_lines(tmp_path / "a.tex", "\\section{Costs of \\$5 \\{net\\}} Low.\n")
    assert document.text == "Costs of $5 {net}  Low.\n" and document.title == "Costs of $5 {net}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.rst", ".. include:: part.rst\n\nThe pump."),
        ("a.rst", ".. literalinclude:: pump.py\n   :language: python\n\nThe pump."),
        ("a.rst", ".. csv-table:: Sizes\n   :file: sizes.csv\n\nThe pump."),
        ("a.tex", "\\begin{document}\nThe pump.\n\\input{part}\n\\end{document}"),
        ("a.tex", "\\begin{document}\nThe pump.\n\\include{part}\n\\end{document}"),
    ],
)
def test_other_files_that_are_named_are_told_of(tmp_path, name, text):
    document, problems = read_lines(tmp_path / name, text)
    assert "The pump." in document.text and "part" not in document.text
    assert problems == ["names other files to be included, which is not followed"]


def test_files_that_a_comment_names_are_not_told_of(tmp_path):
    _, problems = read_lines(tmp_path / "a.tex", "\\begin{document}\nText.\n% \\input{part}\n\\end{document}")
    assert not problems


def test_definitions_in_the_text_of_latex_are_no_text(tmp_path):
    source = r"""\begin{document}
\newcommand{\pump}{Roth pump}
\newcommand{\pair}[2]{#1 {and} #2}
\def\why{because}
\newenvironment{note}{\begin{quote}Note:}{\end{quote}}
\renewcommand\pair{x}
The \pump{} runs \why{} it must.
\end{document}"""
    document, _ = read_lines(tmp_path / "a.tex", source.replace("\\\\", "\\"))
    assert document.text.split("\n")[6] == "The Roth pump runs because it must."
    assert document.text.split() == "The Roth pump runs because it must.".split()
