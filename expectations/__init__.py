"""Declarations only: functions that return Great Expectations suites. No connections, nothing of include."""
