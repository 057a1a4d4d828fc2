"""``python -m models.significance``: see ``models.significance.cohort``."""

from models.significance.cohort import main

raise SystemExit(main())
