"""``python -m models.compare``: an earlier name of ``models.studies.comparison``."""

from models.studies.comparison import main

if __name__ == "__main__":
    raise SystemExit(main())
