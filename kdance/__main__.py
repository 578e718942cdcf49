"""``python -m kdance`` is the same program as ``kdance``."""

from kdance.cli import run_process

if __name__ == "__main__":
    run_process()
