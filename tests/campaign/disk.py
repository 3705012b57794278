"""What may be left on a disk when the power fails: a record of what a process did to files, and replays of it.

POSIX promises little: a file's bytes are there once the file was synced, a name once its folder was. Of everything
else any part may be lost, in any order; a rename happens as a whole or not at all. `Recorder` writes down what a
traced process does below a folder, `replay` makes the folder as a failure may leave it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import tracing

FOLDER, NOWHERE = "folder", -1


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done: to the bytes of ``node`` (write, cut), or to names in folder ``node`` (name, unname, move).

    ``sync`` makes durable whatever was done to ``node`` before.
    """

    do: str
    node: int
    name: str = ""
    other: int = NOWHERE
    new_name: str = ""
    offset: int = 0
    data: bytes = b""

    @property
    def of_bytes(self) -> bool:
        """Whether it changes bytes and not names."""
        return self.do in ("write", "cut")


@dataclass(slots=True)
class Disk:
    """Nodes by number: the bytes of a file, or the names in a folder and the nodes they mean. 0 is the top folder."""

    files: dict[int, bytearray] = field(default_factory=dict)
    folders: dict[int, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, top: Path) -> tuple[Disk, dict[str, int]]:
        """The disk as a folder is now, all of it durable, and the node of each path."""
        disk, nodes = cls({}, {0: {}}), {str(top): 0}
        known: dict[tuple[int, int], int] = {}
        for folder, names, files in os.walk(top):
            names.sort()
            for name in sorted([*names, *files]):
                path = Path(folder, name)
                about = path.stat()
                node = known.setdefault((about.st_dev, about.st_ino), len(disk.files) + len(disk.folders))
                if path.is_dir():
                    disk.folders[node] = {}
                else:
                    disk.files[node] = bytearray(path.read_bytes())
                disk.folders[nodes[folder]][name] = nodes[str(path)] = node
        return disk, nodes

    def copy(self) -> Disk:
        """Another disk with the same on it."""
        files = {node: bytearray(data) for node, data in self.files.items()}
        return Disk(files, {node: dict(names) for node, names in self.folders.items()})

    def apply(self, step: Step) -> None:
        """Do a step; names lead to nodes even where those are empty, as a name may outlive the bytes."""
        if step.of_bytes:
            data = self.files.setdefault(step.node, bytearray())
            if step.do == "cut":
                del data[step.offset :]
                data.extend(bytes(step.offset - len(data)))
            else:
                data.extend(bytes(max(0, step.offset - len(data))))
                data[step.offset : step.offset + len(step.data)] = step.data
        elif step.do != "sync":
            names = self.folders.setdefault(step.node, {})
            if step.do != "name":
                names.pop(step.name, None)
            if step.do == "name":
                names[step.name] = step.other
            elif step.do == "move":
                self.folders.setdefault(step.offset, {})[step.new_name] = step.other

    def write(self, place: Path, node: int = 0) -> None:
        """Make real what is on it, in the new folder ``place``."""
        place.mkdir()
        for name, found in self.folders[node].items():
            if found in self.folders:
                self.write(place / name, found)
            else:
                (place / name).write_bytes(self.files.get(found, b""))


def replay(start: Disk, steps: Sequence[Step], survives: Callable[[Step], Step | None]) -> Disk:
    """The disk after these steps and a power failure: what was synced is there, of the rest what ``survives`` says."""
    disk = start.copy()
    synced: set[int] = set()
    durable = []
    for step in reversed(steps):
        touched = {step.node, step.offset} if step.do == "move" else {step.node}
        durable.append(touched <= synced)
        if step.do == "sync":
            synced.add(step.node)
    for step, kept in zip(steps, reversed(durable), strict=True):
        left = step if kept or step.do in ("sync", "make") else survives(step)
        if step.do == "make":
            disk.folders.setdefault(step.node, {})
        elif left is not None:
            disk.apply(left)
    return disk


class Recorder(tracing.Watcher):
    """Writes down the steps of a process below a folder. What it cannot follow is in ``unknown``."""

    calls = (*sorted(tracing.WRITING - {"flock"}), "mmap")
    results = True

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.start, self._nodes = Disk.of(root.resolve())
        self._live = self.start.copy()
        self._next = 1 + max((*self._live.files, *self._live.folders))
        self.steps: list[Step] = []
        self.unknown: list[str] = []
        self._data: dict[int, tuple[int, bytes]] = {}

    def before(self, call: tracing.Call) -> int | None:
        """Bytes to be written are read while they are still the same."""
        if call.name in ("write", "pwrite64", "writev", "pwritev"):
            self._data[call.task] = self._offset(call), self._bytes(call)
        return None

    def after(self, call: tracing.Call, result: int) -> None:
        """What has succeeded counts."""
        told = self._data.pop(call.task, None)
        if result < 0:
            return
        if told is not None:
            self._to_node(call, "write", told[0], told[1][:result])
            return
        steps = getattr(self, f"_{call.name.removesuffix('64').rstrip('2').removesuffix('at')}", None)
        if steps is None:
            self.unknown.append(call.name)
        else:
            steps(call)

    def _do(self, step: Step) -> None:
        self.steps.append(step)
        self._live.apply(step)

    def _to_node(self, call: tracing.Call, do: str, offset: int = 0, data: bytes = b"") -> None:
        node = self._nodes.get(call.paths[0])
        if node is not None:  # else its name has gone, and nobody will read it
            self._do(Step(do, node, offset=offset, data=data))

    def _offset(self, call: tracing.Call) -> int:
        if call.name.startswith("p"):
            return call.arguments[3]
        about = dict(line.split(":\t", 1) for line in _fdinfo(call) if ":\t" in line)
        if int(about["flags"], 8) & os.O_APPEND:
            return len(self._live.files.get(self._nodes.get(call.paths[0], NOWHERE), b""))
        return int(about["pos"])

    def _bytes(self, call: tracing.Call) -> bytes:
        if not call.name.endswith("v"):
            return call.memory(call.arguments[1], call.arguments[2])
        table = call.memory(call.arguments[1], 16 * call.arguments[2])
        return b"".join(call.memory(*struct.unpack_from("QQ", table, 16 * place)) for place in range(len(table) // 16))

    def _name(self, path: str, node: int) -> None:
        folder, name = os.path.split(path)
        self._nodes[path] = node
        self._do(Step("name", self._nodes[folder], name, node))

    def _unname(self, path: str) -> None:
        folder, name = os.path.split(path)
        self._nodes.pop(path, None)
        self._do(Step("unname", self._nodes[folder], name))

    def _open(self, call: tracing.Call) -> None:
        flags, path = call.arguments[1 if call.name == "open" else 2], call.paths[0]
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            self.unknown.append("O_TMPFILE")
        elif path not in self._nodes and flags & os.O_CREAT:
            self._live.files[self._next] = bytearray()
            self._name(path, self._next)
            self._next += 1
        elif flags & os.O_TRUNC:
            self._to_node(call, "cut")

    def _mkdir(self, call: tracing.Call) -> None:
        self._do(Step("make", self._next))
        self._live.folders[self._next] = {}
        self._name(call.paths[0], self._next)
        self._next += 1

    def _rename(self, call: tracing.Call) -> None:
        old, new = call.paths
        node = self._nodes.pop(old)
        if node in self._live.folders:
            self.unknown.append("a renamed folder")
        (folder, name), (target, new_name) = os.path.split(old), os.path.split(new)
        self._nodes[new] = node
        self._do(Step("move", self._nodes[folder], name, node, new_name, self._nodes[target]))

    def _link(self, call: tracing.Call) -> None:
        self._name(call.paths[1], self._nodes[call.paths[0]])

    def _unlink(self, call: tracing.Call) -> None:
        self._unname(call.paths[0])

    _rmdir = _unlink

    def _fsync(self, call: tracing.Call) -> None:
        self._to_node(call, "sync")

    _fdatasync = _fsync

    def _ftruncate(self, call: tracing.Call) -> None:
        self._to_node(call, "cut", call.arguments[1])

    _truncate = _ftruncate

    def _fallocate(self, call: tracing.Call) -> None:
        size = len(self._live.files.get(self._nodes.get(call.paths[0], NOWHERE), b""))
        self._to_node(call, "cut", max(size, call.arguments[2] + call.arguments[3]))

    def _mmap(self, call: tracing.Call) -> None:
        if call.arguments[2] & 2 and call.arguments[3] & 1:
            self.unknown.append("a file written through memory")


def _fdinfo(call: tracing.Call) -> Iterator[str]:
    yield from Path(f"/proc/{call.task}/fdinfo/{call.handle}").read_text().splitlines()
