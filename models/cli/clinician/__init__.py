"""For a recording at hand."""
