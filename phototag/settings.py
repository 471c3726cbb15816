"""What the user has set: defaults < config file < environment (`PHOTOTAG_*`) < options of the command line."""

import math
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import platformdirs

from phototag.errors import UsageError

APP = "phototag"


@dataclass(frozen=True, slots=True)
class Folders:
    """Where phototag keeps things; each is made with mode 0700 when it is first written to."""

    data: Path
    config: Path
    cache: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """The user's folders; `PHOTOTAG_DATA_DIR`, `PHOTOTAG_CONFIG_DIR` and `PHOTOTAG_CACHE_DIR` replace them."""
        return cls(
            data=Path(environ.get("PHOTOTAG_DATA_DIR") or platformdirs.user_data_dir(APP, appauthor=False)),
            config=Path(environ.get("PHOTOTAG_CONFIG_DIR") or platformdirs.user_config_dir(APP, appauthor=False)),
            cache=Path(environ.get("PHOTOTAG_CACHE_DIR") or platformdirs.user_cache_dir(APP, appauthor=False)),
        )

    @property
    def models(self) -> Path:
        """Installed models."""
        return self.data / "models"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set in `config.toml`. None means: what the catalog or the machine says.

    `thresholds` are the user's own per label; `max_megapixels` refuses larger photos; `workers` counts processes;
    `provider` is what models run on.
    """

    folders: Folders
    db: str
    pack: str | None = None
    classifier: str | None = None
    detector: str | None = None
    floor: float | None = None
    min_confidence: float | None = None
    workers: int | None = None
    provider: str = "auto"
    max_megapixels: float | None = None
    follow_symlinks: bool = False
    exclude: tuple[str, ...] = ()
    model_source: str | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)

    @property
    def default_db(self) -> str:
        """The index where nobody names one."""
        return _default_db(self.folders)

    @property
    def config_file(self) -> Path:
        """The file that these settings were read from, whether or not it is there."""
        return self.folders.config / "config.toml"

    def with_options(self, **options: Any) -> "Settings":
        """These settings with the options that the user gave; None means not given."""
        return replace(self, **{name: value for name, value in options.items() if value is not None})


def shipped_folder() -> Path:
    """What travels with the program (catalog, vocabulary, weights): in the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    packaged = package / "models"
    return packaged if packaged.is_dir() else package.parent / "models"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The user's settings without options. Raises UsageError for a config file or a variable that can't be used."""
    environ = os.environ if environ is None else environ
    folders = Folders.from_environment(environ)
    settings = Settings(folders=folders, db=_default_db(folders))
    file = settings.config_file
    values: dict[str, Any] = {}
    for name, value in _read_toml(file).items():
        values[name] = checked_setting(name, value, f"{file}")
    for name in CHECKS:
        if name != "thresholds" and (text := environ.get(f"PHOTOTAG_{name.upper()}")):
            values[name] = checked_setting(name, text, f"PHOTOTAG_{name.upper()}")
    return replace(settings, **values)


def _default_db(folders: Folders) -> str:
    return str(folders.data / "index.db")


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:  # tomllib has its own ValueError, and lets others through
        raise UsageError(
            f"the settings in {file} can't be read: {error}", hint="Mend the file, or move it away."
        ) from error


def checked_setting(name: str, value: Any, where: str) -> Any:
    """A setting's value as `Settings` holds it. Raises UsageError, naming `where` it stands, if it can't be used."""
    check = CHECKS.get(name)
    if check is None:
        raise UsageError(f"{where}: there is no setting “{name}”", hint=f"Settings are: {', '.join(sorted(CHECKS))}.")
    try:
        return check(value)
    except (TypeError, ValueError) as error:
        told = name if isinstance(value, dict) else f"{name} = {value if isinstance(value, str) else repr(value)}"
        raise UsageError(f"{where}: {told} can't be used: {error}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("it must be a text")
    return value


def _place(value: Any) -> str:
    if "\0" in _text(value):
        raise ValueError("no file has such a name")
    return _text(value)


def _confidence(value: Any) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise ValueError("it must be a number between 0 and 1")
    return number


def _count(value: Any) -> int:
    number = _number(value)
    if not number >= 1 or number % 1:
        raise ValueError("it must be a whole number above 0")
    return int(number)


def _positive(value: Any) -> float:
    number = _number(value)
    if not number > 0:
        raise ValueError("it must be a number above 0")
    return number


def _number(value: Any) -> float:
    """Not-a-number for what is none, which no limit lets pass."""
    try:
        return math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _switch(value: Any) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if str(value).lower() not in known:
        raise ValueError("it must be true or false")
    return known[str(value).lower()]


def _texts(value: Any) -> tuple[str, ...]:
    items = value.split(os.pathsep) if isinstance(value, str) else value
    return tuple(_text(item) for item in items)


def _confidences(value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        raise TypeError("it must be a table of label = confidence")
    return {_text(label): _threshold(label, number) for label, number in value.items()}


def _threshold(label: str, value: Any) -> float:
    try:
        return _confidence(value)
    except ValueError as error:
        raise ValueError(f"{label} = {value}: {error}") from error


# How each setting is read, from TOML or from text; a test holds this table equal to the fields of Settings.
CHECKS: dict[str, Callable[[Any], Any]] = {
    "db": _place,
    "pack": _text,
    "classifier": _text,
    "detector": _text,
    "floor": _confidence,
    "min_confidence": _confidence,
    "workers": _count,
    "provider": _text,
    "max_megapixels": _positive,
    "follow_symlinks": _switch,
    "exclude": _texts,
    "model_source": _text,
    "thresholds": _confidences,
}
