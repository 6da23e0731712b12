"""What is measured of a run beside its training, as often as a budget allows; nothing of it touches the run."""
