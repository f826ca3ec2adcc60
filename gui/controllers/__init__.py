"""Between the core and the models: no widgets."""
