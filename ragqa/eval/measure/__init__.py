"""Calculates figures from a run's folder: measures, intervals, comparisons and baselines. Needs no models."""
