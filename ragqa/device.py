"""Which device models, search and training run on: one setting, "auto", "cpu", "cuda" or "cuda:1", read in one place.

NVIDIA's driver itself is asked for its GPUs, so ``CUDA_VISIBLE_DEVICES`` counts as it does for every CUDA program, and
neither torch nor any other library is imported. The driver is asked only when somebody needs to know.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from functools import cache

from ragqa.errors import ConfigError

AUTO, CPU = "auto", "cpu"
_FORM = re.compile(r"auto|cpu|cuda(?::([0-9]{1,3}))?")


def check_device(name: str) -> None:
    """`ConfigError` unless ``name`` is "auto", "cpu", "cuda" or "cuda:" and a number; it need not be there."""
    if not isinstance(name, str) or _FORM.fullmatch(name) is None:
        raise ConfigError(f"device is {name!r}: expected one of auto, cpu, cuda, or cuda: and a number, as in cuda:1")


def gpu_of(name: str = AUTO, place: int = 0) -> int | None:
    """The number of the GPU that a device name means, or None for the processor.

    "auto" is a GPU where there is one, "cuda" is a GPU in any case. Of several processes on a machine, the one with
    number ``place`` (torchrun's ``LOCAL_RANK``) gets the GPU of that number; a process alone gets the first.
    Numbers count the GPUs that ``CUDA_VISIBLE_DEVICES`` leaves. A device that is not there is a `ConfigError`.
    """
    check_device(name)
    if name == CPU or (name == AUTO and gpu_count() == 0):
        return None
    _, _, digits = name.partition(":")
    number = int(digits) if digits else place
    if number >= gpu_count():
        raise ConfigError(f"device {name}{_of_process(place)} is not there: {_what_is_there()}")
    return number


def gpu_count() -> int:
    """How many GPUs this process may use; asking does not start any of them."""
    return 0 if _hidden() else _count()


def gpu_bytes(number: int) -> int:
    """The whole memory of a GPU, used or not; 0 where it cannot be told."""
    driver, handle, size = _driver(), ctypes.c_int(), ctypes.c_size_t()
    if driver is None or driver.cuDeviceGet(ctypes.byref(handle), number) != 0:
        return 0
    return size.value if driver.cuDeviceTotalMem_v2(ctypes.byref(size), handle) == 0 else 0


def _hidden() -> bool:
    return os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")


@cache
def _driver() -> ctypes.CDLL | None:
    """The driver's library, ready to be asked; None where there is no driver or it has no GPU."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        return driver if driver.cuInit(0) == 0 else None
    except (OSError, AttributeError):
        return None


@cache
def _count() -> int:
    driver, count = _driver(), ctypes.c_int()
    if driver is None or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


def _of_process(place: int) -> str:
    return f" of process {place}" if place else ""


def _what_is_there() -> str:
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    why = "" if hidden is None else f" (CUDA_VISIBLE_DEVICES is {hidden!r})"
    count = gpu_count()
    if count == 0:
        return f"no NVIDIA GPU can be used here{why}; auto or cpu takes the processor"
    last = f" to cuda:{count - 1}" if count > 1 else ""
    return f"there is cuda:0{last}{why}"
