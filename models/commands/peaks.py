"""``python -m models.peaks``: an earlier name of ``models.studies.qrs_height``."""

from models.studies.qrs_height import main

if __name__ == "__main__":
    raise SystemExit(main())
