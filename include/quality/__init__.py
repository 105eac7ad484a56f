"""Great Expectations: the only package, with expectations/, that uses it."""
