"""The command line: ``textile``."""
