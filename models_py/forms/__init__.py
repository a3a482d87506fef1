"""School forms: their stages over time, the need index of each, and its money by the kernel that all forms share.

Belongs here: what differs between forms, as data that is passed in, and what is computed per form. Does not: files, dates of
policies, sharing a pot (``models_py.allocation``), the need model itself (``models_py.need``).
"""
