"""Key figures of a period from the CSV and Excel files that CRM, help desk, survey and billing tools export."""

__version__ = "0.1.0"
