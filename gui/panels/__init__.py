"""Panels: pure views of a run. They read a `RunView` and never change it."""
