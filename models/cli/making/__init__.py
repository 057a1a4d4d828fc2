"""To make models."""
