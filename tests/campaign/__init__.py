"""Attacks on everything that ragqa promises, to be repeated by anyone: ``python -m tests.campaign --minutes 60``.

RELIABILITY.md says what is attacked and how. A kind of attack is a module in ``kinds``; a trial is told by its kind,
the seed and its number, and runs in processes of its own.
"""
