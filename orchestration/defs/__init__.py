"""The graph: one folder per step, in reading order; steps depend on each other by asset key."""
