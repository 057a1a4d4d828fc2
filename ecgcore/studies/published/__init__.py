"""The published systems: benchmark on the same recordings, claims judged, printed numbers, the tables of
Gradowski and Buchner."""
