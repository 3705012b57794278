"""What lies on disk, and how it changes safely."""
