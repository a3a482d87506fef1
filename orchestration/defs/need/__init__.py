"""Need: from counts to a need index per school unit."""
