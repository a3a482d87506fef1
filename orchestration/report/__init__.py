"""What people read of a publication. Here: the terminal; every number comes from the published tables."""
