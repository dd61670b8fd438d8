"""How sure a figure is: 95 % limits for every kind of figure, and what they say about a change."""
