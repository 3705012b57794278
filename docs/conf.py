"""Sphinx builds the site from the root of the project, so that all links between Markdown files hold in it:

python -m sphinx -W -c docs . build/site
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from contents import chapters, llms_txt, toctrees  # noqa: E402

from ragqa.version import __version__  # noqa: E402

project = "ragqa"
project_copyright = "The ragqa authors"
release = __version__

root_doc = "docs/index"
include_patterns = [
    "docs/**",
    "*.md",
    "eval/README.md",
    "ragqa/models/pretrained/**/README.md",
]
exclude_patterns = [".*", "build", "dist", "indexes", "tests", "eval/runs", "eval/indexes", "ragqa/*/__pycache__"]

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 4
smartquotes = False  # "--risk" is no dash

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
default_role = "py:obj"

html_theme = "furo"
html_title = f"ragqa {release}"
html_sourcelink_suffix = ""
html_show_sphinx = False


def add_navigation(app: Any, page: str, source: list[str]) -> None:
    """Make the tables of the first page the navigation."""
    if page == root_doc:
        source[0] += toctrees(chapters(source[0]))


def plain_defaults(
    app: Any, what: str, name: str, own: Any, options: Any, signature: str | None, returns: str | None
) -> Any:
    """Write "..." for a default that a dataclass makes anew each time, which is no expression that Sphinx can read."""
    return None if signature is None else (signature.replace("<factory>", "..."), returns)


def write_doors(app: Any, failure: Exception | None) -> None:
    """Write what stands at the top of the site: a page that leads to the first one, and llms.txt."""
    if failure is None and app.builder.format == "html":
        index = (HERE / "index.md").read_text(encoding="utf-8")
        first = f'<!doctype html><meta http-equiv="refresh" content="0; url={root_doc}.html"><title>ragqa</title>\n'
        Path(app.outdir, "index.html").write_text(first, encoding="utf-8")
        Path(app.outdir, "llms.txt").write_text(llms_txt(chapters(index), "_sources/"), encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    """Connect all three."""
    app.connect("autodoc-process-signature", plain_defaults)
    app.connect("source-read", add_navigation)
    app.connect("build-finished", write_doors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
