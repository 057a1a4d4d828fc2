"""``python -m models.common_ground``: an earlier name of ``rlecg study published``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["study", "published", *sys.argv[1:]]))
