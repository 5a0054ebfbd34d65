"""Our figures beside their baselines, measured in the same run: `make bench`."""
