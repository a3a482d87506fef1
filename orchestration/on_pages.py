"""The way from an asset in the UI to the pages that show its figures.

Belongs here: the link. Does not: the pages (``orchestration.site``) or which publication they are of.
"""

import dagster as dg

ON_PAGES = {"pages": dg.MetadataValue.asset(dg.AssetKey(["publication", "site"]))}
"""Metadata of assets whose figures stand on pages: a link to the step that builds them and names where they lie."""
