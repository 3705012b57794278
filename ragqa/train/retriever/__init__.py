"""Training a retriever's encoder: its data, batches and losses."""
