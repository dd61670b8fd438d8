"""Why a metric changed, for people."""
