"""Which municipalities a run concerns, and by whose policy each is judged.

Belongs here: the choice of municipalities and policies for one funding year.
Does not: what a policy says (``policies.py``), any arithmetic.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import dagster as dg

from models_py.allocation.need_parts import NeedPartsPolicy
from models_py.allocation.policy import AllocationPolicy
from models_py.need.policy import NeedPolicy
from orchestration.resources.form_policies import FormPolicyFile, form_policies
from orchestration.resources.policies import PolicyFile, load_policy
from orchestration.resources.policy_facts import YearFacts, facts_of_year

DEFAULT_POLICY = "default"


class Scope(dg.ConfigurableResource):
    """The municipalities of a run.

    A municipality with a folder under ``policies/`` is always run by its own policy. One without runs only when
    ``default_policy`` is set, and then as a proposal. ``only`` narrows the run to named municipalities; ``decided_only``
    refuses a policy with a value that nobody has decided.
    """

    policies: str
    default_policy: bool = False
    only: list[str] = []
    decided_only: bool = False

    def own_folders(self) -> list[str]:
        """Municipality codes that have a policy folder of their own."""
        return sorted(f.name for f in Path(self.policies).iterdir() if f.is_dir() and f.name.isdigit())

    def chosen(self, present: Sequence[str]) -> list[str]:
        """Those of ``present`` (municipalities with data) that this run concerns, in order."""
        own = set(self.own_folders())
        return sorted(
            code
            for code in set(present)
            if (code in own or self.default_policy) and (not self.only or code in self.only)
        )

    def policy(self, municipality_code: str) -> PolicyFile:
        """The municipality's policy file, or the default one; read once in a process."""
        own = Path(self.policies) / municipality_code
        return _policy(self.policies, municipality_code if own.is_dir() else DEFAULT_POLICY)

    def decided(self, municipality_code: str, funding_year: int) -> AllocationPolicy:
        """What the municipality's policy says for a funding year. Raises PolicyError with file and line."""
        return self.policy(municipality_code).at(funding_year)

    def usable(self, municipality_code: str, funding_year: int) -> AllocationPolicy:
        """As ``decided``; where only decided values may steer money, PolicyError names each that has no decision."""
        if self.decided_only:
            self.policy(municipality_code).refuse_undecided(funding_year)
        return self.decided(municipality_code, funding_year)

    def forms(self, municipality_code: str) -> dict[str, FormPolicyFile]:
        """Policies of the other school forms that the municipality decides here. Raises PolicyError with file and line."""
        return _forms(self.policies, self.policy_name(municipality_code))

    def need_parts(self, municipality_code: str, funding_year: int) -> NeedPartsPolicy:
        """What must not follow from published money. Raises PolicyError with file and line."""
        return self.policy(municipality_code).need_parts_at(funding_year)

    def told(self, error: Exception | str, municipality_code: str, funding_year: int) -> str:
        """The words of a refusal, with the policy file and line that the money was computed by where they name none."""
        text = str(error)
        if re.search(r"\.yml:\d+", text):
            return text
        return f"{self.policy(municipality_code).place_of(text, funding_year)}: {text}"

    def facts(self, municipality_code: str, funding_year: int) -> YearFacts:
        """Facts of school units that stand beside the policy. Raises PolicyError with file and line."""
        return facts_of_year(Path(self.policies) / self.policy_name(municipality_code), funding_year=funding_year)

    def need_policy(self, municipality_code: str, funding_year: int) -> NeedPolicy:
        """What the municipality's policy says about the need model. Raises PolicyError with file and line."""
        return self.policy(municipality_code).need_at(funding_year)

    def weights_hold_until(self, municipality_code: str, funding_year: int) -> int:
        """The last funding year that uses these weights without a new decision; estimated ones serve their own year."""
        if self.need_policy(municipality_code, funding_year).weights is None:
            return funding_year
        return self.policy(municipality_code).holds_until("need.weights", funding_year)

    def policy_name(self, municipality_code: str) -> str:
        """Name of the folder that decides: the municipality's code, or ``default``."""
        return municipality_code if (Path(self.policies) / municipality_code).is_dir() else DEFAULT_POLICY


@lru_cache(maxsize=512)
def _policy(policies: str, folder: str) -> PolicyFile:
    root = Path(policies)
    code = folder if folder != DEFAULT_POLICY else "0000"
    return load_policy(root / folder, municipality_code=code, defaults=root / DEFAULT_POLICY)


@lru_cache(maxsize=512)
def _forms(policies: str, folder: str) -> dict[str, FormPolicyFile]:
    return form_policies(Path(policies) / folder, _policy(policies, folder))
