"""``python -m models.train``: an earlier name of ``models.training.loop``."""

from models.training.loop import main

if __name__ == "__main__":
    raise SystemExit(main())
