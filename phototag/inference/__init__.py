"""Models: the catalog, sessions, preprocessing, and the decoders of their outputs."""
