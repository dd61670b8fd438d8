"""From tables to cells: every metric for every period and segment, computed in a few passes over integer cell keys."""
