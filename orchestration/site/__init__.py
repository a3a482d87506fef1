"""The pages that people read: one static site per publication, Swedish and English, made of its published tables alone.

Belongs here: values for pages, their words, charts and templates, building and replacing a site. Does not: any number that
follows from something else than a published table; sealing, deciding, sharing money.
"""
