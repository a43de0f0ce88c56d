"""``python -m percuta`` is the command ``percuta``."""

from percuta.cli.main import run

if __name__ == "__main__":
    run()
