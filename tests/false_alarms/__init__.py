"""How often a review claims something where nothing happened."""
