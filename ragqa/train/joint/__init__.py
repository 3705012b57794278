"""Training question encoder and reader together over an index."""
