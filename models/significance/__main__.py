"""``python -m models.significance``: an earlier name of ``rlecg study significance``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["study", "significance", *sys.argv[1:]]))
