"""The paired race: several runs that advance together, shown side by side."""
