"""What `files.state` says of a file."""

PRESENT = 0
MISSING = 1
IGNORED = 2
