"""``python -m models.familiarity``: an earlier name of ``rlecg study out-of-distribution``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["study", "out-of-distribution", *sys.argv[1:]]))
