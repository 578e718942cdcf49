"""``python -m kdance`` is the same program as ``kdance``."""

from kdance.cli import main

if __name__ == "__main__":
    main()
