"""Policies of the other school forms: one value file per form in ``policies/<code>/forms/``, resolved by funding year.

Belongs here: reading them, what they take over from the municipality's own policy, the frozen values of a year. Does not: the
shape of value files (``policy_shape``), dates of values (``policy_years``), what holds by law (``expectations.school_forms``).

A form whose file has no budget mode in a year is not decided by this system that year. Index minimum and disclosure are the
municipality's own where the form says nothing; administration and VAT are the form's by law, read as the municipality reads them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models_py.errors import AllocationError, FormsError
from models_py.forms.policy import FormNeedPolicy, FormPolicy, overheads_by_law
from models_py.forms.reference import SchoolForm
from orchestration.resources.policies import PolicyFile
from orchestration.resources.policy_reading import entries_of_files
from orchestration.resources.policy_terms import under
from orchestration.resources.policy_text import PolicyError
from orchestration.resources.policy_years import time_problems, touches_year
from orchestration.school_forms import school_forms

FOLDER = "forms"
INHERITED = ("index.", "need.", "disclosure.")
MODE = "base.mode"


@dataclass(frozen=True, slots=True)
class FormPolicyFile:
    """One form's decided values over all years; ``policy`` resolves them as every other policy."""

    form: SchoolForm
    policy: PolicyFile
    municipality: PolicyFile

    def at(self, funding_year: int) -> FormPolicy | None:
        """The year's policy; None where the form is not decided here that year. Raises PolicyError with file and line."""
        mode = self.policy.parameters[MODE]
        if not touches_year(mode, year=funding_year):
            return None
        values = {value.key: value.value for value in self.policy.resolve(funding_year)}
        own = self.municipality.at(funding_year).overheads
        try:
            return FormPolicy(
                form=self.form,
                allocation=self.policy.at(funding_year),
                need=_need(under("form_need.", values)),
                overheads=overheads_by_law(self.form, "compound_add_on" if own is None else own.method),
                fees_sek=values.get("fees.per_group_sek", {}),
            )
        except (FormsError, AllocationError) as error:
            raise PolicyError([f"{mode.at()}: {error}"]) from None


def form_policies(folder: Path, municipality: PolicyFile) -> dict[str, FormPolicyFile]:
    """Form to its policy file, in the order of the forms; none where the municipality has no such folder.

    Raises PolicyError for a file of no form, a form that the pupil register counts, a file without a budget mode, and as
    ``load_policy``.
    """
    found, problems = {}, []
    known = [form for form in school_forms().values() if form.counted_by == "form_register"]
    for path in sorted((folder / FOLDER).glob("*.y*ml")):
        if path.name not in {f"{form.school_form}.yml" for form in known}:
            names = ", ".join(form.school_form for form in known)
            problems.append(
                f"{folder.name}/{FOLDER}/{path.name}:1: is of no school form that is decided here; forms: {names}"
            )
    if problems:
        raise PolicyError(problems)
    for form in known:
        path = folder / FOLDER / f"{form.school_form}.yml"
        if path.is_file():
            found[form.school_form] = FormPolicyFile(form, _policy(path, municipality), municipality)
    return found


def sha256_of_forms(files: Mapping[str, FormPolicyFile], funding_year: int, *, own: str) -> str:
    """Hash of the municipality's values (``own``) together with those of every form that the year decides; ``own`` without any."""
    decided = {
        name: file.policy.sha256_for(funding_year) for name, file in files.items() if file.at(funding_year) is not None
    }
    if not decided:
        return own
    text = json.dumps({"own": own, "forms": decided}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _policy(path: Path, municipality: PolicyFile) -> PolicyFile:
    own, shapes = entries_of_files([path], problems=[])
    if MODE not in own:
        raise PolicyError(
            [f"{path.parent.name}/{path.name}:1: {MODE} is missing; it says from when the form is decided"]
        )
    taken = {key: entry for key, entry in municipality.parameters.items() if key.startswith(INHERITED)}
    series = dict(municipality.series) | {
        key.removeprefix("series."): entry for key, entry in own.items() if key.startswith("series.")
    }
    parameters = taken | {key: entry for key, entry in own.items() if not key.startswith("series.")}
    problems = [problem for key, entry in sorted(parameters.items()) for problem in time_problems(key, entry, series)]
    if problems:
        raise PolicyError(problems)
    return PolicyFile(
        municipality_code=municipality.municipality_code,
        name=municipality.name,
        intake_mode=municipality.intake_mode,
        is_default=municipality.is_default,
        parameters=parameters,
        series=series,
        weights=municipality.weights,
        shapes=shapes,
        named=frozenset(shapes),
    )


def _need(values: Mapping[str, Any]) -> FormNeedPolicy:
    given = dict(values)
    if "introductory_programmes" in given:
        given["introductory_programmes"] = tuple(given["introductory_programmes"])
    return FormNeedPolicy(**given)
