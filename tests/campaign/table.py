"""The table of outcomes, from the counts of a run."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .outcome import Outcome


def render(report: Mapping[str, Any]) -> str:
    """A Markdown table: a row a kind, a column an outcome, and the sums; then what was left out."""
    names = [outcome.value for outcome in Outcome]
    lines = [f"| kind | trials | {' | '.join(names)} |", f"|---|{'--:|' * (len(names) + 1)}"]
    sums = dict.fromkeys(names, 0)
    for kind, counts in report["kinds"].items():
        for name in names:
            sums[name] += counts.get(name, 0)
        lines.append(_row(kind, counts, names))
    lines.append(_row("all", sums, names))
    minutes = report["seconds"] / 60
    lines += ["", f"Seed {report['seed']}, {minutes:.0f} minutes, {report['system']}."]
    lines += [f"Left out: {kind} ({why})." for kind, why in report["left_out"].items()]
    return "\n".join(lines)


def _row(kind: str, counts: Mapping[str, int], names: list[str]) -> str:
    return f"| {kind} | {sum(counts.values())} | {' | '.join(str(counts.get(name, 0)) for name in names)} |"


if __name__ == "__main__":
    print(render(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
