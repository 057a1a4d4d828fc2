"""``python -m models.familiarity``: an earlier name of ``models.out_of_distribution``."""

from models.out_of_distribution import main

if __name__ == "__main__":
    raise SystemExit(main())
