"""What is said of figures in words and pages: values, books of the commands, pages of their own."""
