"""The commands: a room each, with its options, its question and its book."""
