"""What holds for every test: no network but this machine, and the same examples each time on CI."""

from __future__ import annotations

import importlib
import ipaddress
import os
import shutil
import socket
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

MEMORY = Path("/dev/shm")
ENOUGH = 4 << 30


def _work_in_memory() -> None:
    """Let tests write to memory where there is plenty of it: an fsync to a disk costs more than most tests.

    What the tests check of writing does not depend on the disk: which calls are made, in which order, and what they
    leave. Folders that were chosen stay as chosen (TMPDIR, --basetemp).
    """
    if "TMPDIR" in os.environ or not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return
    programs_run = not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC  # compiled helpers lie there as well
    if programs_run and shutil.disk_usage(MEMORY).free >= ENOUGH:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


_work_in_memory()
# Workers share the cores, and so do the processes that they start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile(
    "ragqa",
    max_examples=50,
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("ragqa")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with many slow tests come first, so that no worker is left alone with one at the end. Workers take whole
    files, as fixtures are shared within them.
    """
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


class NetworkBlocked(RuntimeError):
    """A test reached for the network."""


def _is_local(sock: socket.socket, address: Any) -> bool:
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return True  # sockets in the file system
    host = address[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "")


def _guarded(original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any) -> Any:
        if not _is_local(self, address):
            raise NetworkBlocked(f"a test tried to reach {address}")
        return original(self, address)

    return connect


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Only connections to this machine, and no names looked up elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _guarded(socket.socket.connect_ex))
        look_up = socket.getaddrinfo

        def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
            if host not in (None, "", "localhost", b"localhost", "127.0.0.1", "::1"):
                raise NetworkBlocked(f"a test tried to look up {host!r}")
            return look_up(host, *rest, **named)

        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture(scope="session")
def write_tiny_bert() -> Callable[..., Path]:
    """(folder, kind of model, seed, positions, settings) → a two-layer random BERT there, in the standard format, with
    the packaged tokenizer.
    """
    torch = pytest.importorskip("torch", reason="needs ragqa[train]")
    transformers = pytest.importorskip("transformers", reason="needs ragqa[train]")
    from ragqa.models.catalog import PRETRAINED

    def write(folder: Path, kind: str, *, seed: int = 0, positions: int = 128, **settings: Any) -> Path:
        torch.manual_seed(seed)
        config = transformers.BertConfig(
            vocab_size=30522,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=positions,
            **settings,
        )
        getattr(transformers, kind)(config).save_pretrained(folder)
        shutil.copy(PRETRAINED / "encoder" / "tokenizer.json", folder)
        facts = f'{{"tokenizer_class": "BertTokenizer", "model_max_length": {positions}}}'
        (folder / "tokenizer_config.json").write_text(facts)
        return folder

    return write


@pytest.fixture(scope="session")
def eval_script() -> Iterator[Callable[[str], Any]]:
    """Imports a script of ``eval/`` by name, with its neighbours at hand as when it is run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[1] / "eval")
        yield importlib.import_module
