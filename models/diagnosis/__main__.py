"""``python -m models.diagnosis``: an earlier name of ``rlecg study diagnosis``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["study", "diagnosis", *sys.argv[1:]]))
