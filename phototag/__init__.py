"""phototag: tags a photo gallery with ONNX models, and answers questions about it from a SQLite index."""

__version__ = "0.1.0"
