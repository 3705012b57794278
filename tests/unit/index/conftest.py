"""An index of three small documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.writing import CONFIG, A, B, C

from ragqa.index.writer import update
from ragqa.testing import HashEncoder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    update(tmp_path / "index", CONFIG, HashEncoder(), [A, B, C])
    return tmp_path / "index"
