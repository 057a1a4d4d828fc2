"""``python -m models.peaks``: an earlier name of ``rlecg study qrs-height``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["study", "qrs-height", *sys.argv[1:]]))
