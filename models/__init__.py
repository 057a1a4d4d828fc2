"""Reconstruction models: the only home of torch."""
