"""``python -m models.compare``: an earlier name of ``rlecg compare``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["compare", *sys.argv[1:]]))
