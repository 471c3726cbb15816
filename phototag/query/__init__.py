"""The query language: the tree, its parser, the vocabulary, and what a tree means in plain Python."""
