"""Claims by group: each measures the real thing through the door a user would use, and is never a constant."""
