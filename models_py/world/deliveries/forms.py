"""The registers of the other school forms: units and placements (`verksamheter_…csv`, `placeringar_2026-10-15.csv`, UTF-8).

Does not belong here: who is where (``models_py.world.forms``). Background comes in the same file: these systems hold it, or order
it, child by child; a column that says nothing of a form is empty there.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from models_py.world.deliveries.background import background_columns
from models_py.world.deliveries.context import Context, Texts, build_context, to_csv, yes_no
from models_py.world.deliveries.files import Delivery
from models_py.world.forms import FormWorld, simulate_forms
from models_py.world.simulate import World

_FORM = {
    "preschool": "FS", "pedagogical_care": "PEDOM", "after_school": "FTH", "adapted_compulsory": "GRS",
    "upper_secondary": "GY", "adapted_upper_secondary": "GYS", "adult_education": "VUX",
}  # fmt: skip
_STAGE = {
    **{f"age_{age}": f"{age} år" for age in range(1, 6)}, "age_6_9": "6-9 år", "age_10_12": "10-12 år",
    **{f"year_{year}": f"År {year}" for year in range(1, 5)},
    "swedish_for_immigrants": "SFI", "basic": "GRUV", "upper": "GYV",
}  # fmt: skip
_HOURS = {"full": "Heltid", "part": "15 timmar"}
_TRACK = {
    "subjects": "Ämnen", "subject_areas": "Ämnesområden", "national_programmes": "Nationellt program",
    "individual_programmes": "Individuellt program",
}  # fmt: skip
_PATH = {"path_1": "1", "path_2": "2", "path_3": "3"}
_WITH_BACKGROUND = ("preschool", "pedagogical_care", "after_school")
_PRIOR = np.array(["Eftergymnasial", "Eftergymnasial", "Gymnasial", "Förgymnasial"])


def deliver_forms(world: World) -> tuple[Delivery, ...]:
    """Units and placements of every count day of the forms, oldest first. Raises WorldError as ``simulate_forms``."""
    context = build_context(world)
    forms = simulate_forms(world, context.identity)
    code = world.settings.municipality_codes[0]
    files = []
    for on, rows in forms.placements.groupby("count_date", sort=True):
        assert isinstance(on, date)
        names = {"form_unit": f"verksamheter_{on}.csv", "form_enrollment": f"placeringar_{on}.csv"}
        content = {
            "form_unit": _unit_file(forms, rows),
            "form_enrollment": _placement_file(context, forms, rows, on, code),
        }
        files += [Delivery(source, names[source], f"{on}", content[source], code) for source in names]
    return tuple(files)


def _unit_file(forms: FormWorld, rows: pd.DataFrame) -> bytes:
    """Four columns, one row per unit and form that has somebody on the day."""
    here = rows[["school_form", "school_unit_code"]].drop_duplicates()
    units = forms.units.merge(here, on=["school_form", "school_unit_code"]).sort_values(
        ["school_form", "school_unit_code"]
    )
    columns: dict[str, Texts] = {
        "Enhetskod": units["school_unit_code"].to_numpy(dtype=np.str_),
        "Skolform": units["school_form"].map(_FORM).to_numpy(dtype=np.str_),
        "Enhetens namn": units["name"].to_numpy(dtype=np.str_),
        "Huvudmannatyp": np.where(units["is_independent"].to_numpy(), "Enskild", "Kommunal"),
    }
    return to_csv(columns, encoding="utf-8-sig")


def _placement_file(context: Context, forms: FormWorld, rows: pd.DataFrame, on: date, municipality_code: str) -> bytes:
    """One row per person and form, ordered by form, unit and identity."""
    p = forms.people.rows(rows["person"].to_numpy())
    form, merit = rows["school_form"].to_numpy(), rows["admission_merit_value"]
    is_adult, is_child = form == "adult_education", np.isin(form, _WITH_BACKGROUND)
    background = background_columns(context, p)
    identity = p["identity"].to_numpy(dtype=np.str_)
    columns: dict[str, Texts] = {
        "Personnummer": identity,
        "Enhetskod": rows["school_unit_code"].to_numpy(dtype=np.str_),
        "Skolform": rows["school_form"].map(_FORM).to_numpy(dtype=np.str_),
        "Stadium": rows["stage"].map(lambda stage: _STAGE.get(stage, stage)).to_numpy(dtype=np.str_),
        "Omfattning": rows["hours"].map(lambda hours: _HOURS.get(hours, "")).to_numpy(dtype=np.str_),
        "Program": np.char.upper(rows["programme"].to_numpy(dtype=np.str_)),
        "Inriktning": rows["track"].map(lambda track: _TRACK.get(track, "")).to_numpy(dtype=np.str_),
        "Studieväg": rows["study_path"].map(lambda path: _PATH.get(path, "")).to_numpy(dtype=np.str_),
        "Poäng": np.where(is_adult, rows["course_points"].astype(str), ""),
        "Startdatum": rows["valid_from"].to_numpy(dtype=np.str_),
        "Slutdatum": np.full(len(rows), ""),
        "Hemkommun": np.full(len(rows), municipality_code),
        "Meritvärde": np.where(merit.isna(), "", np.char.replace(merit.fillna(0).to_numpy().astype(str), ".", ",")),
        "Tidigare utbildning": np.where(is_adult, _PRIOR[p["education"].to_numpy()], ""),
        "Annat modersmål": np.where(is_adult, yes_no(p["immigration_year"].to_numpy() > 0), ""),
        **{name: np.where(is_child, values, "") for name, values in background.items()},
    }
    order = np.lexsort((identity, columns["Enhetskod"], columns["Skolform"]))
    return to_csv({name: values[order] for name, values in columns.items()}, encoding="utf-8-sig")
