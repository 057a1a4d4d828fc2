"""``python -m models.studies``: an earlier name of ``rlecg study trainings``."""

import sys

from models.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["study", "trainings", *sys.argv[1:]]))
