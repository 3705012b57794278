"""What every vector store promises: the one that keeps files, and one that keeps vectors where no segment is."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.documents import document
from support.encoders import HashEncoder

from ragqa.config import IndexConfig
from ragqa.errors import IndexFormatError, RagqaError
from ragqa.index import vectors as stores
from ragqa.index.derive import reencode
from ragqa.index.facts import Allowed, Mask
from ragqa.index.ranking import Ranking, Rows, top_k
from ragqa.index.report import Progress
from ragqa.index.snapshot import Snapshot
from ragqa.index.vectors import VectorIndex, Vectors, VectorStore, VectorWriter
from ragqa.index.verify import verify
from ragqa.index.writer import compact, delete, update, upsert
from ragqa.store.layout import Layout
from ragqa.store.manifest import EncoderFact, Manifest, SegmentFact, VectorFact, VectorPart

CONFIG = IndexConfig(language="en")
ENCODER, OTHER = HashEncoder(), HashEncoder(salt="other")
