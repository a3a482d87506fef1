"""Running: jobs and schedules."""
