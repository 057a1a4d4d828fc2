"""To time them."""
