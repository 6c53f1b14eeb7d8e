"""Training: options, batches, steps, runs, checkpoints and the folder that a run leaves."""
