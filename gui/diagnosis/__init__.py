"""What is the matter with the run, where it is seen: the bar, the panel with the why, and the race that tries a fix."""
