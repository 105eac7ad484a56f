"""A synthetic textile cluster: files in the real formats, with figures that the pipeline must find."""

from include.demo.synthetic.generate import GenerateResult, generate
from include.demo.synthetic.next_day import BadCell, NextDay, generate_next_day

__all__ = ["BadCell", "GenerateResult", "NextDay", "generate", "generate_next_day"]
