"""The follow-up, from marts and policy folders to its tables and words: plain Python between the graph and the statistics.

Belongs here: what each municipality's follow-up is given, names of columns, files of ``policies/<code>/followup/``. Does not:
any estimate (``models_py``), assets (``orchestration.defs.followup``).
"""
