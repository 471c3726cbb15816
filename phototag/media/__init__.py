"""Photos as files: walking, stamps, content hashes, decoding, EXIF."""
