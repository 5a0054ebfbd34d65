"""Who holds which track, as it happens."""
