"""What phototag does, without a terminal."""
