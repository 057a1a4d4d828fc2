"""``python -m models``: the command ``rlecg``."""

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
