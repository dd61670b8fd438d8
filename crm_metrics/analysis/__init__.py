"""What is made from loaded tables beyond a report's figures: what was recognised, and what is wrong with the data."""
