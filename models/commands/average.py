"""``python -m models.average``: an earlier name of ``models.training.average``."""

from models.training.average import main

if __name__ == "__main__":
    raise SystemExit(main())
