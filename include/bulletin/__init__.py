"""The bulletin: a page a release that the bureau opens, prints and forwards."""
