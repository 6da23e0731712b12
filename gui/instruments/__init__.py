"""What instruments have measured of a run, as panels; the gallery to choose them from."""
