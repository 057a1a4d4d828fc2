"""To judge models."""
