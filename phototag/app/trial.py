"""Models run over named photos, outside any index: opened, decoded and analysed as `phototag index` does it."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from phototag.app.messages import Examined, Job, Setup
from phototag.app.models import choose_one
from phototag.app.report import Listener, Progress
from phototag.app.setup import available_cores, log_file, work
from phototag.app.workers import Pool
from phototag.inference.library import Installed
from phototag.inference.spec import ModelFile
from phototag.media.formats import PHOTO_EXTENSIONS
from phototag.settings import Settings
from phototag.types import FileStamp, Problem, Task

EXTENSIONS = frozenset("." + extension.decode("ascii") for extension in PHOTO_EXTENSIONS)
EVALUATION_FLOOR = {Task.DETECT: 0.01, Task.CLASSIFY: 0.0}


def choose_for_trial(settings: Settings, task: Task, model: str | None) -> Installed:
    """The model `model`, else the one that `phototag index` would use for the task. Raises ModelError, UsageError."""
    named = {Task.DETECT: "detector", Task.CLASSIFY: "classifier"}[task]
    return choose_one(settings.with_options(**{named: model}), task)


def run_models(
    paths: Sequence[Path], models: Sequence[ModelFile], settings: Settings, listener: Listener
) -> Iterator[Examined]:
    """What became of each photo, in the order they finish; `Examined.job.root` is the photo's place in `paths`.

    A photo that can't be opened or decoded has a problem. Raises ModelBrokenError when a model can't be loaded.
    """
    setup = Setup(tuple(models), 1, "cpu", settings.max_megapixels, log_file(settings.folders.cache))
    tasks = frozenset(model.spec.task for model in models)
    done = failed = 0
    with Pool(work, setup, settings.workers or available_cores()) as pool:
        jobs = (_job(place, path) for place, path in enumerate(paths))
        for chunk in pool.run(jobs, lambda contents: [tasks if content else frozenset() for content in contents]):
            done += len(chunk)
            failed += sum(examined.problem is not None for examined in chunk)
            yield from chunk
            listener(Progress(len(paths), len(paths), done, failed))


def problem_document(problem: Problem) -> dict[str, str]:
    """A problem as `phototag index --json` has it."""
    path = problem.path.decode("utf-8", "backslashreplace")
    return {"path": path, "stage": problem.stage.value, "reason": problem.reason}


def rounded(value: float | None) -> float | None:
    """A measure in percent, as documents have it."""
    return None if value is None else round(value, 2)


def _job(place: int, path: Path) -> Job:
    absolute = os.fsencode(os.path.abspath(path))
    try:
        stat = os.stat(absolute)
        facts = (stat.st_size, stat.st_mtime_ns, stat.st_dev, stat.st_ino)
    except OSError:
        facts = (0, 0, 0, 0)  # the worker says what is wrong with it
    return Job(absolute, place, FileStamp(*os.path.split(absolute), *facts))
