"""Training: data, losses, recipes. Needs the extra ``[train]``."""
