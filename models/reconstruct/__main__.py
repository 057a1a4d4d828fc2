"""``python -m models.reconstruct``: an earlier name of ``rlecg reconstruct``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["reconstruct", *sys.argv[1:]]))
