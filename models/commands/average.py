"""``python -m models.average``: an earlier name of ``rlecg average``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["average", *sys.argv[1:]]))
