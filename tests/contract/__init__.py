"""Contract suites: one per seam with several implementations, run against each of them."""
