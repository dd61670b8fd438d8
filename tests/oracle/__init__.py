"""A slow, independent second opinion on every metric: plain Python, row by row, from METRICS.md and READINGS.md."""
