"""From text to typed columns, each decided as a whole: dates, numbers, truth values, text."""
