"""Is every electrode where it should be? Scores of all arrangements, learned and calibrated."""
