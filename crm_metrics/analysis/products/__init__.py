"""What is bought: each product's sales, what is bought together, and what the best customers buy."""
