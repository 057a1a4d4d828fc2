"""``python -m models.train``: an earlier name of ``rlecg train``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["train", *sys.argv[1:]]))
