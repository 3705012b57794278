"""Searching: words, vectors, and generations of an index. No model is known here."""
