"""The published systems: benchmark on the same recordings, claims judged, printed numbers, the tables of
Gradowski and Buchner."""

FULL, REDUCED = "full width", "reduced version"
"""How a training stands to its paper's: like it, or narrower, for fewer steps or otherwise less."""
