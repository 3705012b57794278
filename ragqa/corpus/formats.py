"""The table of formats: one entry says which endings a format has, what reads it, and what must be installed for that.

A reader turns a file into documents and problems. It reads within ``file.limits``, imports heavy libraries when it is
called, and may raise whatever it likes: `ragqa.corpus.guard` makes a problem of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ragqa.corpus.files import Problem, SourceFile, is_gzipped, is_text
from ragqa.corpus.readers.asciidoc import read_asciidoc
from ragqa.corpus.readers.code import LANGUAGES, read_code
from ragqa.corpus.readers.delimited import read_csv, read_tsv
from ragqa.corpus.readers.epub import read_epub
from ragqa.corpus.readers.excel import read_xlsx
from ragqa.corpus.readers.latex import read_latex
from ragqa.corpus.readers.mail import read_eml, read_mbox
from ragqa.corpus.readers.man import read_man
from ragqa.corpus.readers.markdown import read_markdown
from ragqa.corpus.readers.markup import read_html
from ragqa.corpus.readers.notebook import read_notebook
from ragqa.corpus.readers.opendocument import read_odt
from ragqa.corpus.readers.opendocument_sheets import read_ods
from ragqa.corpus.readers.parquet import read_parquet
from ragqa.corpus.readers.pdf import read_pdf
from ragqa.corpus.readers.python_code import read_python
from ragqa.corpus.readers.records import read_json, read_jsonl
from ragqa.corpus.readers.rst import read_rst
from ragqa.corpus.readers.slides import read_pptx
from ragqa.corpus.readers.text import read_settings, read_text
from ragqa.corpus.readers.word import read_docx
from ragqa.corpus.readers.xml_text import read_xml
from ragqa.documents import Document
from ragqa.errors import MissingExtra

Reader = Callable[[SourceFile], Iterator[Document | Problem]]


@dataclass(frozen=True, slots=True)
class Format:
    """One format. The suffix "" is that of names without an ending, of which only texts are read.

    ``module`` is what its reader cannot do without and ``extra`` the extra of ragqa that brings it; both
    are empty where the core is enough. Files of a ``packed`` format are not read when they are gzipped as well.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Reader
    extra: str = ""
    module: str = ""
    packed: bool = False

    def missing(self) -> MissingExtra | None:
        """What is to be installed before such files can be read."""
        return MissingExtra(f"reading {self.name}", self.extra) if self.module and not _is_there(self.module) else None


TABLE: tuple[Format, ...] = (
    Format("plain text", (".txt", ".text", ".log", ""), read_text),
    Format("YAML, TOML", (".yaml", ".yml", ".toml"), read_settings),
    Format("Markdown", (".md", ".markdown"), read_markdown),
    Format("reStructuredText", (".rst", ".rest"), read_rst),
    Format("AsciiDoc", (".adoc", ".asciidoc", ".asc"), read_asciidoc),
    Format("man pages", (*(f".{number}" for number in range(1, 10)), ".man", ".mdoc", ".roff", ".1p", ".3p"), read_man),
    Format("LaTeX", (".tex", ".latex", ".ltx"), read_latex),
    Format("Python", (".py", ".pyi", ".pyw"), read_python),
    Format("other programs", tuple(LANGUAGES), read_code),
    Format("HTML", (".html", ".htm", ".xhtml"), read_html),
    Format("XML", (".xml", ".nxml", ".dbk", ".docbook", ".tei", ".dita", ".rss", ".atom"), read_xml),
    Format("JSON lines", (".jsonl", ".ndjson"), read_jsonl),
    Format("JSON", (".json",), read_json),
    Format("CSV", (".csv",), read_csv),
    Format("TSV", (".tsv",), read_tsv),
    Format("Parquet", (".parquet",), read_parquet, packed=True),
    Format("PDF", (".pdf",), read_pdf, "files", "pypdfium2", packed=True),
    Format("Word", (".docx",), read_docx, packed=True),
    Format("PowerPoint", (".pptx",), read_pptx, packed=True),
    Format("Excel", (".xlsx", ".xlsm"), read_xlsx, "files", "openpyxl", packed=True),
    Format("OpenDocument text", (".odt",), read_odt, packed=True),
    Format("OpenDocument spreadsheet", (".ods",), read_ods, packed=True),
    Format("EPUB", (".epub",), read_epub, packed=True),
    Format("mail", (".eml",), read_eml),
    Format("mailbox", (".mbox",), read_mbox),
    Format("Jupyter notebook", (".ipynb",), read_notebook),
)
FORMATS: dict[str, Format] = {suffix: one for one in TABLE for suffix in one.suffixes}


def format_of(file: SourceFile) -> Format | None:
    """The format of a file, by its name, or by its content if the name has no ending; None if there is none."""
    bare = Path(file.path.stem) if is_gzipped(file.path) else file.path
    found = FORMATS.get(bare.suffix.lower())
    if not bare.suffix and not is_text(file):
        return None
    return None if found is not None and found.packed and is_gzipped(file.path) else found


def ending(path: Path) -> str:
    """What tells the format: ".txt", ".txt.gz", or "no ending"."""
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return Path(path.stem).suffix.lower() + suffix
    return suffix or "no ending"


@cache
def _is_there(module: str) -> bool:
    return find_spec(module) is not None
