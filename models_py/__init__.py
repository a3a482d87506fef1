"""Statistics and money as pure functions: tables in, new tables out.

Belongs here: need models, indices, allocation, follow-up, and the world with a known truth they are tested against.
Does not belong here: files, clocks, databases, rules of plausibility, orchestration.
"""
