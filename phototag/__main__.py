"""The program: `phototag`, or `python -m phototag`."""

from phototag.interrupts import listen


def main() -> None:
    """The console script."""
    listen()  # before the command line is loaded
    from phototag.cli import main as run

    run()


if __name__ == "__main__":
    main()
