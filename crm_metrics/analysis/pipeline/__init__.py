"""The pipeline: the deals that are open at a moment, what they are worth, which are at risk, and how they moved."""

COLUMNS = (
    *(("deals", name) for name in ("deal_id", "name", "stage", "owner", "amount", "currency", "probability")),
    *(("deals", name) for name in ("outcome", "created_at", "closed_at", "expected_close_at", "is_still_open")),
    *(("stage_visits", name) for name in ("deal_id", "stage", "entered_at")),
)
"""What has to be read for the pipeline."""

ACTIVITY = ("deals", "last_activity_at")
"""What tells how long nothing was done about a deal."""
