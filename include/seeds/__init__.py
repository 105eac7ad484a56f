"""Scripts that make seeds from maintained packages; run by hand, never by the pipeline."""
