"""``python -m models.speed``: an earlier name of ``models.bench``."""

from models.bench import main

if __name__ == "__main__":
    raise SystemExit(main())
