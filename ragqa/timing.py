"""How long the stages of answering take."""

from __future__ import annotations

import time


class Stopwatch:
    """Milliseconds by stage: ``wall`` is elapsed time, ``cpu`` the time of all threads of this process together."""

    __slots__ = ("_cpu", "_wall", "cpu", "wall")

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def lap(self, stage: str) -> None:
        """Count the time since the last lap for this stage; a stage may come several times."""
        wall, cpu = time.perf_counter(), time.process_time()
        self.wall[stage] = self.wall.get(stage, 0.0) + 1000.0 * (wall - self._wall)
        self.cpu[stage] = self.cpu.get(stage, 0.0) + 1000.0 * (cpu - self._cpu)
        self._wall, self._cpu = wall, cpu

    def share(self, count: int) -> dict[str, float]:
        """The wall milliseconds of one of ``count`` questions that were treated together, with their "total"."""
        parts = {stage: value / count for stage, value in self.wall.items()}
        return {**parts, "total": sum(parts.values())}
