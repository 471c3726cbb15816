"""Training of phototag's embedded `tiny` pack: one detector and one tagger (docs/training.md)."""
