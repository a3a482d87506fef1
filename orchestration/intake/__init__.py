"""The door: delivered files become accepted, typed and pseudonymised rows; every row is accounted for.

The only code that reads the restricted zone. Plain Python: no orchestrator, no warehouse. What may enter is said by
mapping files (`policies/<code>/sources/*.yml`, `expectations/deliveries/*.yml`), never by code.
"""
