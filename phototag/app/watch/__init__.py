"""`phototag watch`: the index follows the folders within seconds."""
