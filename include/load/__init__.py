"""Load a file from the drop folder into raw, up to its verdict."""
