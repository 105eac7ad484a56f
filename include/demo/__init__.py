"""A synthetic cluster and ``make demo``; nothing that runs in production imports it."""
