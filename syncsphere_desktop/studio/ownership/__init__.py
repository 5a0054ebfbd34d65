"""Who holds which track, now and before: watching, naming, acting, serving."""
