"""Nightly maintenance: drop what is expired, vacuum, compare the newest release with raw."""
