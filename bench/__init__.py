"""Measurements as ratios in one run: the machines are noisy, a second on one is not a second on another."""
