"""``python -m models.significance.speed``: an earlier name of ``rlecg bench --significance``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["bench", "--significance", *sys.argv[1:]]))
