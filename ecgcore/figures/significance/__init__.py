"""Pictures of lead significance: maps of one recording, shares of groups."""
