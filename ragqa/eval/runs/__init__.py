"""Runs of a suite: the models answer its questions once, and a run's folder keeps what they found."""
