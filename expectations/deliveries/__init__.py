"""Mapping files of the national sources, as text: how Skolverket's files look. Municipal ones live with the policies.

Only data and its loader; reading a delivery by them is the door's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources


def mapping_texts() -> Mapping[str, str]:
    """The YAML text of every national mapping by file name, in name order."""
    folder = resources.files(__name__)
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".yml"))
    return {name: folder.joinpath(name).read_text("utf-8") for name in names}
