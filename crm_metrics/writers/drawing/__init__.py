"""Charts of series over time: in a terminal, and as a picture or a page in a file."""
