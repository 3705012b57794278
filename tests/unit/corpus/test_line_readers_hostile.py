"""Whatever stands in a file whose text keeps its lines, they stay, and reading takes linear time."""

import random
import re
import time

import pytest

from ragqa.corpus.files import SourceFile
from ragqa.corpus.formats import FORMATS
from ragqa.corpus.guard import read_file

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
