"""``python -m models.evaluate``: an earlier name of ``models.studies.scores``."""

from models.studies.scores import main

if __name__ == "__main__":
    raise SystemExit(main())
