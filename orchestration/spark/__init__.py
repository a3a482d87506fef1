"""The tables made by Spark instead of DuckDB: the same models, where the pupils of one home are too many for one machine.

Belongs here: handing the door's rows to Spark, dbt in Spark's session, taking the finished tables back into the warehouse.
Does not: a line of what the tables are (``dbt_project``, which both engines read).
"""
