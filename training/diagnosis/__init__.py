"""What is the matter with a run: rules over what is recorded of it, with evidence, and changes that should help."""
