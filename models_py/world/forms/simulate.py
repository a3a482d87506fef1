"""One call that fills the other school forms of a world: placements on every count day, units, and the truth.

Belongs here: putting the parts together, units and their codes, true need per unit. Does not: who goes where (``placements``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from models_py.world.background import immigration_level, linear_predictor
from models_py.world.forms.people import People, count_dates_of_forms, people_of
from models_py.world.forms.placements import (
    LANGUAGE,
    OTHER_INTRODUCTORY,
    Day,
    adapted,
    adult,
    leisure_time,
    preschool,
    upper_secondary,
)
from models_py.world.settings import WorldError
from models_py.world.simulate import World
from models_py.world.streams import Floats, Streams

FIRST_CODE = 9999_1000
"""Codes of units that are no schools; invented, no issued code starts with 9999."""
INDEPENDENT = ("care_1", "upper_2", "upper_3", "adapted_1", "adult_1")
NAMES: Mapping[str, str] = {
    "care_0": "Dagbarnvårdarna", "care_1": "Familjedaghemmet Kotten", "adapted_0": "Lindens anpassade grundskola",
    "adapted_1": "Friskolan Lönnen", "adapted_upper_0": "Lindens anpassade gymnasium", "upper_0": "Centralgymnasiet",
    "upper_1": "Yrkesgymnasiet", "upper_2": "Tekniska friskolan", "upper_3": "Naturbruksskolan",
    "adult_0": "Vuxenutbildningen", "adult_1": "Kompetenshuset",
}  # fmt: skip
MERIT_SLOPE, MERIT_CENTRE, UPPER_INTERCEPT = -0.022, 215.0, -1.1
INTRODUCTORY_LOG_ODDS = {LANGUAGE: 0.9, OTHER_INTRODUCTORY: 0.4}
ADULT_INTERCEPT, ADULT_EDUCATION, ADULT_PATH, ADULT_LANGUAGE = (
    -1.2,
    (0.0, 0.1, 0.4, 0.9),
    {"path_1": 0.7, "path_2": 0.3},
    0.35,
)
"""True log-odds of not completing: of students by merit value or introductory programme, of adults by what they bring."""


@dataclass(frozen=True, slots=True, eq=False)
class FormWorld:
    """Other school forms of a world of one municipality.

    Attributes
    ----------
    people : everybody who is in one of them
    placements : count_date and ``placements.COLUMNS``, with school_unit_code for unit; ordered by day, form, unit, person
    units : school_unit_code, school_form, name, is_independent; one row per unit and form
    truth : count_date, school_form, school_unit_code, pupil_count, need_share (0..1), need_index (mean 100 per form and day)
    """

    people: People
    placements: pd.DataFrame
    units: pd.DataFrame
    truth: pd.DataFrame


def simulate_forms(world: World, identity: np.ndarray) -> FormWorld:
    """Fill the forms. ``identity`` are the pupils' numbers as delivered. The same world gives the same forms, to the bit.

    Raises WorldError for a world of several municipalities, fewer than four count years, or too few identity numbers.
    """
    if len(world.settings.municipality_codes) > 1 or world.settings.years < 4:
        raise WorldError("the other school forms are made for one municipality with at least four count years")
    people, streams = people_of(world, identity), Streams(world.settings.seed)
    parts = []
    for on in count_dates_of_forms(world):
        day = Day(world, people, streams, on)
        is_autumn = on.month == 10
        made = [leisure_time(day), adapted(day), upper_secondary(day), adult(day)] if is_autumn else [preschool(day)]
        parts.append(pd.concat(made, ignore_index=True).assign(count_date=on))
    rows = pd.concat(parts, ignore_index=True)
    units = _units(rows, world)
    rows = rows.assign(school_unit_code=rows["unit"].map(units.set_index("unit")["school_unit_code"].to_dict()))
    rows = rows.sort_values(["count_date", "school_form", "school_unit_code", "person"], ignore_index=True)
    forms = rows[["school_form", "unit"]].drop_duplicates().merge(units, on="unit")
    forms = forms.sort_values(["school_form", "school_unit_code"], ignore_index=True).drop(columns="unit")
    return FormWorld(people, rows.drop(columns="unit"), forms, _truth(rows, people, world))


def _units(rows: pd.DataFrame, world: World) -> pd.DataFrame:
    """unit, school_unit_code, name, is_independent: a leisure-time centre is a part of its school, a preschool stands beside."""
    schools = world.school_units.set_index("school_unit_code")
    by_site = schools[~schools.index.duplicated()].reset_index().drop_duplicates("site", keep="last").set_index("site")
    made = []
    for unit in sorted(rows["unit"].unique()):
        kind, _, rest = unit.rpartition("_")
        if kind == "school":
            school = schools.loc[rest]
            made.append((unit, rest, school["school_unit_name"], bool(school["is_independent"])))
        elif kind == "preschool":
            home = by_site.loc[int(rest)]
            name = f"Förskolan {home['school_unit_name'].split(' skola')[0]}"
            made.append((unit, f"{FIRST_CODE + int(rest):08d}", name, bool(home["is_independent"])))
        else:
            code = FIRST_CODE + 500 + sorted(NAMES).index(unit)
            made.append((unit, f"{code:08d}", NAMES[unit], unit in INDEPENDENT))
    return pd.DataFrame(made, columns=["unit", "school_unit_code", "name", "is_independent"])


def _truth(rows: pd.DataFrame, people: People, world: World) -> pd.DataFrame:
    """True need per day, form and unit: mean probability, and the index against the form's own mean that day."""
    risk = expit(_log_odds(rows, people, world))
    told = rows.assign(risk=risk)
    keys = ["count_date", "school_form"]
    by_unit = told.groupby([*keys, "school_unit_code"], sort=True)["risk"].agg(["size", "mean"]).reset_index()
    by_form = told.groupby(keys, sort=True)["risk"].mean().rename("form_mean").reset_index()
    merged = by_unit.merge(by_form, on=keys).rename(columns={"size": "pupil_count", "mean": "need_share"})
    return merged.assign(need_index=100 * merged["need_share"] / merged["form_mean"]).drop(columns="form_mean")


def _log_odds(rows: pd.DataFrame, people: People, world: World) -> Floats:
    p = people.rows(rows["person"].to_numpy())
    year = np.array([day.year for day in rows["count_date"]])
    levels = {
        "guardian_education": p["education"].to_numpy(),
        "immigration": immigration_level(p["immigration_year"].to_numpy(), year),
        "household_income": p["income"].to_numpy(), "area_type": p["area"].to_numpy(), "sex": p["boy"].to_numpy(),
        "econ_assistance": p["welfare"].to_numpy(), "household": p["split"].to_numpy(), "siblings": p["siblings_3"].to_numpy(),
    }  # fmt: skip
    total = linear_predictor(levels, effect_scale=world.settings.effect_scale)
    merit = rows["admission_merit_value"].to_numpy()
    by_merit = UPPER_INTERCEPT + MERIT_SLOPE * (np.nan_to_num(merit, nan=MERIT_CENTRE) - MERIT_CENTRE)
    for programme, log_odds in INTRODUCTORY_LOG_ODDS.items():
        by_merit = np.where(rows["programme"] == programme, log_odds, by_merit)
    path = rows["study_path"].map(ADULT_PATH).fillna(0.0).to_numpy()
    by_adult = (
        ADULT_INTERCEPT + np.array(ADULT_EDUCATION)[levels["guardian_education"]] + path
        + ADULT_LANGUAGE * (p["immigration_year"].to_numpy() > 0)
    )  # fmt: skip
    form = rows["school_form"].to_numpy()
    return np.where(form == "upper_secondary", by_merit, np.where(form == "adult_education", by_adult, total))
