"""Searching by words and by vectors, and the generations of an index. Nothing here knows a model."""
