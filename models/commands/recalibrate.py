"""``python -m models.recalibrate``: an earlier name of ``models.training.recalibrate``."""

from models.training.recalibrate import main

if __name__ == "__main__":
    raise SystemExit(main())
