"""How an expectation becomes an asset check."""
