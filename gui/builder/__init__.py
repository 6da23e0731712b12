"""The experiment form: every field of an experiment, edited in place."""
