"""What is derived once, at the end of loading: outcomes, durations, purchases, spells, revenue movements, ratings."""
