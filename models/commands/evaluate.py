"""``python -m models.evaluate``: an earlier name of ``rlecg score``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["score", *sys.argv[1:]]))
