"""Released versions of the published contract, one JSON file each. Only data; written by `make contract`, never changed."""
