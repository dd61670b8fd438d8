"""What customers say in surveys: who is content, in which words they say so, and where."""
