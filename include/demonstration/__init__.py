"""``make demo``: the whole pipeline on a synthetic cluster, bad input included, and its figures checked."""

from include.demonstration.demo import run

__all__ = ["run"]
