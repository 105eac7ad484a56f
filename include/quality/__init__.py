"""The only place that talks to Great Expectations."""
