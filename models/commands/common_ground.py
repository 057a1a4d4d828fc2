"""``python -m models.common_ground``: an earlier name of ``models.studies.published``."""

from models.studies.published import main

if __name__ == "__main__":
    raise SystemExit(main())
