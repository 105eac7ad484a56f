"""The bulletin: a page a release that the bureau opens, prints and forwards."""

from include.bulletin.write import Written, drop, folder, write

__all__ = ["Written", "drop", "folder", "write"]
