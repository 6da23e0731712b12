"""Runs at the window: recorded, listed, replayed, copied, and made into scenarios."""
