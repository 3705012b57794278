"""Passages that a repair cuts from stored documents are those of a fresh build, bit for bit."""

from __future__ import annotations

from pathlib import Path

import docx
import numpy as np
import pytest
from support.repairing import file_of, flip, mend

import ragqa
from ragqa.index.snapshot import Snapshot
from ragqa.testing import HashEncoder

ROWS = "".join(f"| Alloy {number} | {700 + number} degrees and more | rather dense |\n" for number in range(60))
LISTING = "\n".join(f"step_{number} --with value{number}" for number in range(12))
TALK = " ".join(f"The keeper of year {number} was paid in coal and in oil." for number in range(9))
MARKDOWN = f"""# Alloys

<!-- a note that is in no passage -->

{TALK}

| Alloy | Melting point | Density |
|---|---|---|
{ROWS}
## How to melt

{TALK} Run these steps in this order:

```
{LISTING}
```

{TALK}
"""


def write_corpus(folder: Path) -> None:
    folder.mkdir()
    (folder / "alloys.md").write_text(MARKDOWN)
    rows = "".join(f"<tr><td>Port {number}</td><td></td><td>{number} metres deep</td></tr>" for number in range(60))
    table = f"<table><tr><th>Port</th><th>Mole</th><th>Depth</th></tr>{rows}</table>"
    (folder / "ports.html").write_text(f"<h1>Ports</h1><p>{TALK}</p><h2>Depths</h2>{table}<p>{TALK}</p>")
    word = docx.Document()
    word.add_heading("Pumps", 1)
    word.add_paragraph(TALK)
    grid = word.add_table(60, 2)
    for number, row in enumerate(grid.rows):
        row.cells[0].text, row.cells[1].text = f"Pump {number}", f"{number} litres in each and every minute"
    word.save(str(folder / "pumps.docx"))
    (folder / "notes.rst").write_text(
        f"Notes\n=====\n\n{TALK} Type::\n\n    {LISTING.replace(chr(10), chr(10) + '    ')}\n"
    )


@pytest.mark.parametrize("also", [(), ("vectors.f16",)])
def test_a_repair_cuts_passages_as_a_build_does(tmp_path: Path, also: tuple[str, ...]) -> None:
    docs, index, encoder = tmp_path / "docs", tmp_path / "index", HashEncoder()
    write_corpus(docs)
    ragqa.build(docs, index, encoder=encoder)
    fresh = {name: file_of(index, name).read_bytes() for name in ("documents.arrow", "passages.arrow", "vectors.f16")}
    passages = Snapshot.open(index).passages(np.arange(Snapshot.open(index).rows))
    rows = [passage for passage in passages if passage.text.startswith(("| Alloy", "Port", "Pump "))]
    assert len(rows) > 150 and any(LISTING in passage.text and "in this order" in passage.text for passage in passages)
    for name in ("passages.arrow", *also):
        flip(file_of(index, name))
    report = mend(index, encoder=encoder)
    assert report.problems == () and report.lost == 0
    assert {name: file_of(index, name).read_bytes() for name in fresh} == fresh
    assert not ragqa.build(docs, index, encoder=encoder).committed
