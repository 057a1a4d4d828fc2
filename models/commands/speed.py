"""``python -m models.speed``: an earlier name of ``rlecg bench``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["bench", *sys.argv[1:]]))
