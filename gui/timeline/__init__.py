"""The timeline: any past moment of the run shown again, played back, and forked."""
