"""The time as the index writes it."""

from datetime import UTC, datetime


def now() -> str:
    """This moment as UTC text that sorts: `2024-06-01T12:30:00.123456Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
