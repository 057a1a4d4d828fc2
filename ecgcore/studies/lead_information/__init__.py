"""What leads tell about one another: every set of leads, correlations, and the quiz about them."""
