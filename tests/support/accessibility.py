"""axe-core in a page: what hinders people with a screen reader, a keyboard, or poor sight.

The script comes with the package axe-playwright-python, of which nothing else is used.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

_FOUND = find_spec("axe_playwright_python")
AXE = Path(_FOUND.origin).parent / "axe.min.js" if _FOUND is not None and _FOUND.origin else None
_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
  (found) => done(found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`)),
  (error) => done([String(error)]),
);
"""


def violations(browser):
    """One line for each rule that the page breaks as it stands."""
    browser.run(AXE.read_text(encoding="utf-8"))
    return browser.later(_RUN)
