"""``python -m models.recalibrate``: an earlier name of ``rlecg recalibrate``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["recalibrate", *sys.argv[1:]]))
