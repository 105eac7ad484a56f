"""Contracts, profiles and readers: from any delivered file to typed columns."""
