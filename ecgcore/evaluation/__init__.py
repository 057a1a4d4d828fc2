"""Honest evaluation: metrics, agreement of one recording, scores of many, statistics over patients."""
