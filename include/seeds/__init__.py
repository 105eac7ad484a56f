"""Scripts that write seeds from maintained packages; run by hand, not by the pipeline."""
