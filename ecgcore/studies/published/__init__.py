"""The published systems: benchmark on the same recordings, claims judged, printed numbers, the tables of
Gradowski and Buchner."""

FULL, REDUCED = "full width", "reduced version"
"""How a training stands to its paper's: like it, or narrower, for fewer steps or otherwise less."""
FULL_NAME = "-full"
"""Behind the name of a network at full width whose weights are too large to be shipped: the smaller one,
which is, has the plain name."""
OWN_SPLIT = "-own-split"
"""In the name of a network that was trained and validated on the folds that its paper names."""
