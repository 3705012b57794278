"""Training a reader: its data, windows, losses, what moves, and scores on questions held out."""
