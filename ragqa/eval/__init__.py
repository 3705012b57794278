"""Metrics and, later, the evaluation harness."""
