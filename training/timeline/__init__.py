"""Any moment of a run, had again: checkpoints on the way, the rest computed anew."""
