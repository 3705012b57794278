"""Small data that every kind of model can be trained from, and what a run has left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from ragqa import Config, build
from ragqa.config import IndexConfig
from ragqa.mining.pairs import Candidate, Pairing, write_pairings

TEXTS = {
    "rhine": "The Rhine rises in Switzerland and flows to the North Sea.",
    "elbe": "The Elbe rises in the Czech Republic and flows to the North Sea.",
    "danube": "The Danube rises in Germany and ends in the Black Sea.",
    "bridge": "The bridge over the river was opened in 1937 by the mayor.",
    "tea": "Tea came to Europe in the seventeenth century.",
}
ASKED = [
    ("Where does the Rhine rise?", "Switzerland", "rhine"),
    ("Where does the Elbe rise?", "the Czech Republic", "elbe"),
    ("Where do both of them flow?", "the North Sea", "rhine"),
    ("When was the bridge opened?", "1937", "bridge"),
]


def write_material(folder: Path, encoder: Path) -> None:
    """``index/`` of the texts by this encoder, ``qa.jsonl`` with the questions, ``mined.jsonl`` with their passages."""
    (folder / "texts").mkdir()
    for name, text in TEXTS.items():
        (folder / "texts" / f"{name}.txt").write_text(text)
    build(folder / "texts", folder / "index", Config(index=IndexConfig(encoder=str(encoder))))
    lines = [json.dumps({"id": str(i), "question": q, "answers": [a]}) for i, (q, a, _) in enumerate(ASKED)]
    (folder / "qa.jsonl").write_text("\n".join(lines) + "\n")
    pairings = [
        Pairing(
            str(number),
            question,
            (answer,),
            (Candidate(own, TEXTS[own], "", 3.0),),
            tuple(Candidate(name, text, "", -float(len(name))) for name, text in TEXTS.items() if name != own),
        )
        for number, (question, answer, own) in enumerate(ASKED)
    ]
    write_pairings(folder / "mined.jsonl", pairings)


def weights(folder: Path) -> dict[str, Any]:
    """All weights that a run left, by file and name; not those of its steps."""
    found = {}
    for path in sorted(folder.rglob("*.safetensors")):
        if "steps" not in path.parts:
            found |= {f"{path.relative_to(folder)}:{name}": value for name, value in load_file(str(path)).items()}
    return found
