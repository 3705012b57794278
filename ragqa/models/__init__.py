"""Encoders, readers and rerankers, and the runtimes that run them."""
