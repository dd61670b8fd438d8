"""What `check` found, for people."""
