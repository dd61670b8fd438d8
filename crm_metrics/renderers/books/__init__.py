"""From the result of a command to a book of tables: one module per command."""
