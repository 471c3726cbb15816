"""Models: the catalog, sessions, preprocessing, and the decoders of their outputs.

What is run here stays here: since version 1.29 onnxruntime's builds send what they are used for (names and hashes of
models among it) to its maker, with an identifier of the device, unless this variable is set before it is loaded. Its
own `disable_telemetry_events()` comes too late: the identifier is then written already.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
