"""A stand-in for NVIDIA's driver library, compiled here, so that what asks the driver can be tested without a GPU."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = """
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
static int count = -1;
int cuInit(unsigned flags) {
    const char *shown = getenv("CUDA_VISIBLE_DEVICES");
    count = GPUS;
    if (shown) {
        count = 1;
        for (; *shown; shown++) count += *shown == ',';
    }
    return FAILS;
}
int cuDeviceGetCount(int *found) { *found = count; return 0; }
int cuDeviceGet(int *device, int number) { *device = number; return number < count ? 0 : 101; }
int cuDeviceTotalMem_v2(size_t *size, int device) { *size = (size_t)(device + 1) << 30; return 0; }
"""


def make_driver(folder: Path, gpus: int, fails: int = 0) -> dict[str, str]:
    """Put a driver with so many GPUs into a folder; what a process needs in its environment to find it."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs a C compiler and Linux to make a driver library")
    source = folder / "driver.c"
    source.write_text(SOURCE.replace("GPUS", str(gpus)).replace("FAILS", str(fails)))
    library = folder / "libcuda.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source)], check=True, timeout=60)
    return {"LD_LIBRARY_PATH": str(folder)}
