"""Runs of a suite: the models answer its questions once, and the run's folder keeps all results."""
