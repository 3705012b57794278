"""The kinds of attack: each module has ``trial(lab, number) -> Result``."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..outcome import Result


@dataclass(frozen=True, slots=True)
class Lab:
    """Where a trial works and what it draws from; ``scratch`` is shared by all trials of a run."""

    scratch: Path
    kind: str
    seed: int

    def random(self, number: int) -> random.Random:
        """The trial's own chance: the same for the same kind, seed and number."""
        return random.Random(f"{self.kind} {self.seed} {number}")


Trial = Callable[[Lab, int], Result]


def clear(place: Path) -> None:
    """Remove a folder, however deep (`shutil.rmtree` recurses), or nothing."""
    subprocess.run(["rm", "-rf", "--", str(place)], check=True)
