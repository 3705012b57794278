"""Starting is light: ``import ragqa`` and the command line load nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "faiss",
    "fastapi",
    "jieba",
    "msgspec",
    "numpy",
    "onnxruntime",
    "peft",
    "pyarrow",
    "rank_bm25",
    "rich",
    "sentence_transformers",
    "tantivy",
    "tokenizers",
    "torch",
    "transformers",
    "uvicorn",
}


def loaded_by(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after ``code``."""
    script = f"{code}\nimport sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import ragqa",
        "import ragqa; dir(ragqa); ragqa.__version__",
        "import ragqa.cli; ragqa.cli.main",
        "import ragqa.documents, ragqa.types, ragqa.protocols, ragqa.errors, ragqa.config, ragqa.convert",
    ],
)
def test_imports_nothing_heavy(code: str) -> None:
    assert loaded_by(code) & HEAVY == set()


def test_help_imports_nothing_heavy() -> None:
    # main ends with SystemExit once the help is shown; stdout is the help's, so the modules come after it.
    code = (
        "import contextlib, io, ragqa.cli\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    ragqa.cli.main(['--help'])"
    )
    assert loaded_by(code) & HEAVY == set()


def test_the_core_says_nothing_of_network_modules() -> None:
    assert loaded_by("import ragqa") & {"http", "urllib3", "requests", "ssl"} == set()


def test_the_check_sees_what_is_loaded() -> None:
    assert "numpy" in loaded_by("import ragqa.index.fuse") & HEAVY
