"""The catalogue: what each metric is."""
