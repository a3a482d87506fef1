"""What must be true: the dictionary of columns, the contracts of tables, the register of rules. Says nothing about when."""
