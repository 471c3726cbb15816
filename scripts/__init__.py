"""What developers run: measurements, training, the vocabulary. None of it is part of an installed phototag."""

import phototag.inference  # noqa: F401 -- before any of them loads onnxruntime: it keeps that from reporting its use
