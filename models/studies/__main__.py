"""``python -m models.studies``: an earlier name of ``models.studies.trainings``."""

from models.studies.trainings import main

if __name__ == "__main__":
    raise SystemExit(main())
