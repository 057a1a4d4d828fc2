from models.significance.cohort import main

raise SystemExit(main())
