"""Questions as people type them, made from the questions of a data set: training data for a reader."""

from __future__ import annotations

from ragqa.mining.forms.rewrite import Report, Shares, rewrite, rewrite_file

__all__ = ["Report", "Shares", "rewrite", "rewrite_file"]
