"""From computed cells to a report: which windows it needs, its tidy rows, the order of its segments."""
