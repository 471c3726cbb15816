"""`python -m phototag`."""

from phototag.cli import main

if __name__ == "__main__":
    main()
