"""What earlier runs said: figures kept in a file, and those of them that have changed since, with the reason.

`Keeping` is the way in: `look` compares a report with the file, `keep` adds the report to it.
"""
