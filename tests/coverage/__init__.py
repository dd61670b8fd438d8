"""How often limits cover, and how often something is claimed where nothing is there."""
