"""Whether to rely on them."""
