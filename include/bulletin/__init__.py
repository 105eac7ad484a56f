"""The bulletin: one page per release that the bureau opens, prints and forwards."""
