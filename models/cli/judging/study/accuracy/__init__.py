"""How good the estimates are."""
