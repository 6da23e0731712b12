"""The Guide: a lab at the window, step by step, and the learner's file that comes of it."""
