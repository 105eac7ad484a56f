"""Functions that return Great Expectations suites; no connections, no imports from include."""
