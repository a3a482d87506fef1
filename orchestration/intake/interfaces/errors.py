"""What an open interface did wrong, in Swedish and English: the address, the rule that broke, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml

from orchestration.intake.errors import Language


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Every code with its words in `sv` and `en`."""
    return yaml.safe_load(resources.files(__package__).joinpath("messages.yml").read_text("utf-8"))


class InterfaceError(Exception):
    """An interface that cannot be used now, or whose answer may not be taken. Nothing of the fetch was kept."""

    def __init__(self, code: str, *, url: str, **details: object) -> None:
        self.code, self.url = code, url
        self.details = {name: _shown(value) for name, value in details.items()}
        super().__init__(self.text("en"))

    def text(self, language: Language = "sv") -> str:
        """`https://…/kpi/N15428: key figure N15428 is now titled "…", expected was "…"; … (A-TITLE)`."""
        return f"{self.url}: {catalogue()[self.code][language].format(**self.details)} ({self.code})"


def _shown(value: object) -> object:
    """What an answer says goes to a terminal only as letters: no control character of a stranger's."""
    return "".join(c if c.isprintable() else "·" for c in value) if isinstance(value, str) else value
