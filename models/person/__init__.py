"""The same person: what other recordings of theirs, or other stretches of this one, add to an estimate."""
