"""How much of their time the workers of a run wait for something else than a processor.

On a machine that does other things as well, the clock tells how busy the others are. The scheduler knows better: for
each process the time it ran and the time it stood in the queue for a processor. What is left, it slept: for the parent,
for a file. That share would be lost on an idle machine too.
"""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

SETTLED_SECONDS = 2.0  # of processor, after which a worker has loaded its models
SAMPLE_SECONDS = 0.2


def idle_share(process: "subprocess.Popen[bytes]") -> float:
    """Wait for a run to end; the share of time that its workers slept, once they had begun. 0 where nobody tells."""
    first: dict[int, tuple[float, float]] = {}
    last: dict[int, tuple[float, float]] = {}
    while process.poll() is None:
        for worker, ran, waited in _workers(process.pid):
            if ran > SETTLED_SECONDS:
                first.setdefault(worker, (time.monotonic(), ran + waited))
                last[worker] = (time.monotonic(), ran + waited)
        time.sleep(SAMPLE_SECONDS)
    wall = sum(last[worker][0] - first[worker][0] for worker in first)
    awake = sum(last[worker][1] - first[worker][1] for worker in first)
    return max(0.0, 1 - awake / wall) if wall else 0.0


def _workers(pid: int) -> Iterator[tuple[int, float, float]]:
    """(process, seconds it ran, seconds it stood in the queue) of each child."""
    try:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            ran, waited, _ = Path(f"/proc/{child}/schedstat").read_text().split()
            yield int(child), int(ran) / 1e9, int(waited) / 1e9
    except OSError:  # ended meanwhile
        return
