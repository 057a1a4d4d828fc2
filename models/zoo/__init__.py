"""One file per model family, found by itself (``models.base.families``)."""
