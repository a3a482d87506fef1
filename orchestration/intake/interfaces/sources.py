"""Names of deliveries that are kept as they were answered and that the door does not read. Names only."""

SKOLVERKET, REGISTER, KOLADA = "skolverket_api", "skolverket_register_api", "kolada_api"

KEPT_ONLY = frozenset({SKOLVERKET, REGISTER, KOLADA})
"""What is used of them goes on as a table of its own; the answers stay as evidence of where it came from."""
