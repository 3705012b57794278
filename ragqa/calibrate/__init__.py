"""Calibration: fitting scores to questions whose answers are known."""

from ragqa.calibrate.fit import Fit, fit
from ragqa.calibrate.gather import Seen, gather

__all__ = ["Fit", "Seen", "fit", "gather"]
