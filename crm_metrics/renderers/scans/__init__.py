"""What `scan` found: a page for people, values for machines, and the settings file that comes of it."""
