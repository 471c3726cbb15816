"""Results as text, JSON, CSV, paths and pictures."""
