"""Stops a process of ours before each system call that touches files, whichever language makes it.

Python's audit hooks see what Python does; Tantivy writes from Rust, Arrow and FAISS from C++. ptrace with a seccomp
filter sees all of them, needs nothing but the standard library, and stops at the calls of interest alone. Linux on
x86-64 only: elsewhere `available` is false, and the attacks that need it are left out and say so.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NUMBERS = {
    "read": 0, "write": 1, "open": 2, "mmap": 9, "pread64": 17, "pwrite64": 18, "writev": 20, "sendfile": 40,
    "flock": 73, "fsync": 74, "fdatasync": 75, "truncate": 76, "ftruncate": 77, "rename": 82, "mkdir": 83, "rmdir": 84,
    "creat": 85, "link": 86, "unlink": 87, "symlink": 88, "openat": 257, "mkdirat": 258, "unlinkat": 263,
    "renameat": 264, "linkat": 265, "symlinkat": 266, "fallocate": 285, "pwritev": 296, "renameat2": 316,
    "copy_file_range": 326,
}  # fmt: skip
NAMES = {number: name for name, number in NUMBERS.items()}
READING = frozenset({"read", "pread64", "mmap"})
WRITING = frozenset(NUMBERS) - READING

# where the paths of a call are: positions of (directory handle or None, path)
_PATHS: dict[str, tuple[tuple[int | None, int], ...]] = {
    **dict.fromkeys(("open", "truncate", "mkdir", "rmdir", "creat", "unlink"), ((None, 0),)),
    **dict.fromkeys(("rename", "link"), ((None, 0), (None, 1))),
    **dict.fromkeys(("openat", "mkdirat", "unlinkat"), ((0, 1),)),
    **dict.fromkeys(("renameat", "renameat2", "linkat"), ((0, 1), (2, 3))),
    "symlink": ((None, 1),),
    "symlinkat": ((1, 2),),
}
_HANDLES = {"mmap": 4, "copy_file_range": 2}  # elsewhere the handle is the first argument

_TRACEME, _PEEK, _CONT, _GETREGS, _SETREGS, _SYSCALL = 0, 2, 7, 12, 13, 24
_SETOPTIONS, _CALL_INFO = 0x4200, 0x420E
_OPTIONS = 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x80 | 0x100000  # sysgood, fork, vfork, clone, exec, seccomp, exitkill
_SECCOMP_STOP, _WALL = 7, 0x40000000
_RAX, _ORIG_RAX, _REGISTERS = 10, 15, 27


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that is about to be made. ``paths`` are absolute; ``handle`` is its file, -1 without any."""

    task: int
    name: str
    arguments: tuple[int, ...]
    paths: tuple[str, ...]
    handle: int

    def memory(self, address: int, count: int) -> bytes:
        """So many bytes of the process, as they are now."""
        return _memory(self.task, address, count)


class Watcher:
    """What a trace tells. Only calls on files below ``root`` are told, of those named in ``calls``."""

    calls: Collection[str] = WRITING
    results = False

    def __init__(self, root: Path) -> None:
        self.root = str(root.resolve())

    def before(self, call: Call) -> int | None:
        """Called before a call is made: an errno makes it fail with that, without being made; None lets it go on."""
        return None

    def after(self, call: Call, result: int) -> None:
        """Called after it, with what it returned (−errno for a failure), if ``results`` are wanted."""


@cache
def available() -> bool:
    """Whether processes can be traced here."""
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        return False
    seen: list[str] = []

    class Listener(Watcher):
        def before(self, call: Call) -> int | None:
            seen.append(call.name)
            return None

    def stat_and_leave() -> None:
        begin(Listener.calls)
        os.close(os.open("/", os.O_RDONLY))
        os._exit(0)

    child = os.fork()
    if child == 0:
        try:
            stat_and_leave()
        finally:
            os._exit(1)
    try:
        status, _ = follow(child, Listener(Path("/")))
    except OSError:
        return False
    return status == 0 and bool(seen)


def begin(calls: Collection[str]) -> None:
    """Called by the process that is to be traced: waits for its tracer, and has these calls stopped from then on."""
    _ptrace(_TRACEME, 0, 0, 0)
    os.kill(os.getpid(), signal.SIGSTOP)
    numbers = [NUMBERS[name] for name in calls]
    program = [(0x20, 0, 0, 0)]  # the number of the call
    program += [(0x15, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    program += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x7FF00000)]  # go on; stop for the tracer
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    head = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((38, 1, 0, 0, 0), (22, 2, head, 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def follow(child: int, watcher: Watcher) -> tuple[int, os._Rusage]:  # type: ignore[name-defined]
    """Trace a child that has called `begin` until it ends: its status as `os.wait4` gives it, and what it used."""
    _, status, used = os.wait4(child, 0)
    if not os.WIFSTOPPED(status):
        return status, used
    _ptrace(_SETOPTIONS, child, 0, _OPTIONS)
    _ptrace(_CONT, child, 0, 0)
    known, pending = {child}, {}
    while True:
        task, status, used = os.wait4(-1, _WALL)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            known.discard(task)
            if task == child:
                _end(known)
                return status, used
            continue
        event, sign = status >> 16, os.WSTOPSIG(status)
        request, deliver = _CONT, 0
        try:
            if event == _SECCOMP_STOP:
                request = _meet(task, watcher, pending)
            elif sign == signal.SIGTRAP | 0x80:
                if call := pending.pop(task, None):
                    watcher.after(call, _result(task))
            elif not event and (task in known or sign != signal.SIGSTOP):
                deliver = sign
            known.add(task)
            _ptrace(request, task, 0, deliver)
        except ProcessLookupError:
            continue  # it was killed while it stood still


def _end(tasks: set[int]) -> None:
    """Kill what the traced process has left behind: nobody will let it go on."""
    for task in tasks:
        with suppress(ProcessLookupError):
            os.kill(task, signal.SIGKILL)
    left = set(tasks)
    with suppress(ChildProcessError):
        while left:  # in whatever order they end: a process ends after its last thread
            task, status = os.waitpid(-1, _WALL)
            if os.WIFEXITED(status) or os.WIFSIGNALED(status):
                left.discard(task)


def _meet(task: int, watcher: Watcher, pending: dict[int, Call]) -> int:
    """A call that the filter stopped: how the task goes on."""
    call = _call(task)
    if call is None or not any(path == watcher.root or path.startswith(watcher.root + "/") for path in call.paths):
        return _CONT
    error = watcher.before(call)
    if error is not None:
        _refuse(task, error)
    elif watcher.results:
        pending[task] = call
        return _SYSCALL
    return _CONT


def _call(task: int) -> Call | None:
    number, *arguments = struct.unpack_from("7Q", _info(task), 24)
    name = NAMES.get(number)
    if name is None:
        return None
    places = _PATHS.get(name)
    if places is None:
        handle = ctypes.c_int32(arguments[_HANDLES.get(name, 0)]).value
        path = _target(task, f"fd/{handle}")
        return Call(task, name, tuple(arguments), (path,), handle)
    paths = tuple(_path(task, None if at is None else arguments[at], arguments[where]) for at, where in places)
    return Call(task, name, tuple(arguments), paths, -1)


def _path(task: int, folder: int | None, address: int) -> str:
    name = os.fsdecode(_memory(task, address, 4096).split(b"\0", 1)[0])
    handle = -100 if folder is None else ctypes.c_int32(folder).value
    if name.startswith("/"):
        return os.path.normpath(name)
    return os.path.normpath(f"{_target(task, 'cwd' if handle == -100 else f'fd/{handle}')}/{name}")


def _target(task: int, link: str) -> str:
    try:
        return str(Path(f"/proc/{task}/{link}").readlink()).removesuffix(" (deleted)")
    except OSError:
        return ""


def _memory(task: int, address: int, count: int) -> bytes:
    """At most ``count`` bytes, up to the end of what can be read."""
    if count == 0:
        return b""
    with Path(f"/proc/{task}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        try:
            found = memory.read(count)
        except OSError:
            found = b""
        if not found and (rest := 4096 - address % 4096) < count:
            memory.seek(address)
            found = memory.read(rest)
    return found


def _refuse(task: int, error: int) -> None:
    registers = (ctypes.c_ulonglong * _REGISTERS)()
    _ptrace(_GETREGS, task, 0, ctypes.addressof(registers))
    registers[_ORIG_RAX], registers[_RAX] = 2**64 - 1, 2**64 - error
    _ptrace(_SETREGS, task, 0, ctypes.addressof(registers))


def _result(task: int) -> int:
    return int(struct.unpack_from("q", _info(task), 24)[0])


def _info(task: int) -> bytes:
    buffer = ctypes.create_string_buffer(96)
    _ptrace(_CALL_INFO, task, len(buffer), ctypes.addressof(buffer))
    return buffer.raw


@cache
def _libc() -> Callable[..., int]:
    call = ctypes.CDLL(None, use_errno=True).ptrace
    call.argtypes, call.restype = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p], ctypes.c_long
    return call


def _ptrace(request: int, task: int, address: int, data: int) -> None:
    ctypes.set_errno(0)
    if _libc()(request, task, address, data) < 0 and (error := ctypes.get_errno()):
        raise OSError(error, f"ptrace: {os.strerror(error)}")
