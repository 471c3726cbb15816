import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/fuzz_decode.py"


def test_a_small_sample_of_broken_photos() -> None:
    """The same 300 mutants each time; `scripts/fuzz_decode.py` makes as many as one likes."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--count", "300", "--seed", "7"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 faults" in done.stdout
    assert done.stderr == ""
