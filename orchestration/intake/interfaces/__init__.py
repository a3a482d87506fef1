"""Open interfaces as sources: Skolverket's and Kolada's answers become deliveries, statistics become accepted rows.

Belongs here: asking politely (`client`), what an answer must look like (`planned`, `register`, `kolada`), what of it may
be kept (`clean`), keeping it (`kept`), and the table the door reads (`results`). Does not: reading deliveries, typing
their cells (the door), printing. No clock and no settings: the caller says where, when and how fast.
"""
