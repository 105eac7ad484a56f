"""The way of a file into raw, from the drop folder to its verdict."""
