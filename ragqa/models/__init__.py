"""Encoders and readers, and where they run."""
