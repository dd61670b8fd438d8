"""What must hold for every metric, whatever the data: on seeded random tables and on the sample data."""
