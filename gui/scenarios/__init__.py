"""Scenarios at the window: the gallery, a scenario's page, and the widgets it is made of."""
