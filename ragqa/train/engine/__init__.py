"""What all kinds of training share: settings, recipes, precision, processes, checkpoints and the training loop."""
