"""From files to the dataset: reading, recognising, coercing, normalising, deriving facts."""
