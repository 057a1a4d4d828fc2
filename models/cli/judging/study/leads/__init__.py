"""What leads tell about one another."""
