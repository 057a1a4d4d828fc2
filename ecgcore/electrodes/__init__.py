"""Electrodes and leads in each other's place: what each mix-up does to a recording, and how it is undone."""
