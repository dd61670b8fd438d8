"""A figure, opened, for people."""
