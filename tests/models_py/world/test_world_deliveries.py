"""The files the example municipality sends: formats, completeness, and agreement with the world behind them."""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models_py.world import DEMO, WorldError, WorldSettings, deliver, simulate
from models_py.world.deliveries.context import to_csv

ENCODING = {"enrollment": "cp1252", "results": "cp1252", "background": "utf-8-sig", "school_register": "utf-8-sig"}
WIDTH = {"enrollment": 13, "background": 9, "results": 6, "school_register": 11}


@pytest.fixture(scope="module")
def world():
    return simulate(DEMO)


@pytest.fixture(scope="module")
def files(world):
    return deliver(world)


@pytest.fixture(scope="module")
def tables(files):
    """(source, period) -> the file as text columns, read by hand."""
    result = {}
    for f in files:
        lines = f.content.decode(ENCODING[f.source]).split("\r\n")
        assert lines.pop() == ""
        header, *rows = [line.split(";") for line in lines]
        assert {len(row) for row in rows} == {len(header)} == {WIDTH[f.source]}
        result[f.source, f.period] = pd.DataFrame(rows, columns=header)
    return result


def luhn_is_valid(ten):
    values = [int(d) * (1 + k % 2) for k, d in enumerate(reversed(ten))]
    return sum(v - 9 if v > 9 else v for v in values) % 10 == 0


def test_the_same_world_gives_the_same_bytes_and_another_seed_does_not(files):
    def digest(fs):
        return [hashlib.sha256(f.content).hexdigest() for f in fs]

    assert digest(deliver(simulate(DEMO))) == digest(files)
    assert digest(deliver(simulate(replace(DEMO, seed=1))))[1] != digest(files)[1]


def test_there_is_one_file_per_source_and_period(files):
    assert len({(f.source, f.period) for f in files}) == len(files) == 10 + 10 + 10 + 9
    names = {f.file_name for f in files}
    assert {"elever_2026-10-15.csv", "bakgrund_2017-10-15.csv", "skolenheter_2020-10-15.csv"} <= names
    assert "betyg_ak9_2025-26.csv" in names
    assert max(f.period for f in files if f.source == "results") == "2025/26"


def test_encodings_are_what_each_system_uses(files):
    for f in files:
        bom = f.content.startswith(b"\xef\xbb\xbf")
        assert bom == (ENCODING[f.source] == "utf-8-sig")
    register = next(f for f in files if f.source == "school_register")
    assert "Föregångare" in register.content.decode("utf-8-sig")
    pupils = next(f for f in files if f.source == "enrollment")
    with pytest.raises(UnicodeDecodeError):
        pupils.content.decode("utf-8")


def test_every_enrolled_pupil_stands_once_in_both_files_of_a_count_date(world, tables):
    for year, enrolled in world.enrollment.groupby("count_year"):
        pupils, background = tables["enrollment", f"{year}-10-15"], tables["background", f"{year}-10-15"]
        identity = pupils["Personnummer"].str.replace("-", "")
        assert identity.is_unique
        assert set(identity) == set(background["Personnummer"])
        assert len(pupils) == len(background) == len(enrolled)
        assert pupils["Personnummer"].str.contains("-").all() == (year % 2 == 0)
        expected = enrolled.groupby(["school_unit_code", "grade"], observed=True).size()
        grade = pupils["Årskurs"].replace("F", "0").astype(int)
        counted = pupils.groupby(["Skolenhetskod", grade]).size()
        assert counted.to_dict() == expected.to_dict()


def test_a_pupil_keeps_the_number_over_the_years_and_the_number_says_the_truth(world, tables):
    seen = {}
    for year in DEMO.count_years:
        table = tables["background", f"{year}-10-15"].set_index("Personnummer")
        for number, immigrated in table["Invandringsår"].items():
            assert seen.setdefault(number, immigrated) == immigrated
        male = table.index.str[10].astype(int) % 2 == 1
        assert ((table["Kön"] == "P") == male).all()
    assert len(seen) == len(world.pupils)
    for number in seen:
        assert number[8:11] in ("238", "239")
        assert luhn_is_valid(number[2:])
    coordination = {n for n in seen if int(n[6:8]) > 60}
    assert len(coordination) == world.pupils["is_arrival"].sum()


def test_identity_kinds_and_dates_are_consistent(tables):
    for year in DEMO.count_years:
        t = tables["enrollment", f"{year}-10-15"]
        number = t["Personnummer"].str.replace("-", "")
        assert ((t["Id-typ"] == "samordning") == (number.str[6:8].astype(int) > 60)).all()
        assert set(t["Id-typ"]) <= {"pnr", "samordning"}
        start, entered = pd.to_datetime(t["Startdatum"]), pd.to_datetime(t["Började i svensk skola"])
        assert (start <= pd.Timestamp(f"{year}-10-15")).all()
        assert (entered <= start).all()
        assert ((t["Skolform"] == "FKLASS") == (t["Årskurs"] == "F")).all()
        assert t["Skolenhetskod"].str.fullmatch(r"9999\d{4}").all()


def test_background_uses_the_words_and_directions_of_the_statistics_office(world, tables):
    table = tables["background", "2026-10-15"]
    assert set(table["Vårdnadshavares utbildningsnivå"]) == {
        "", "Förgymnasial", "Gymnasial", "Eftergymnasial kort", "Eftergymnasial lång"}  # fmt: skip
    enrolled = world.enrollment.loc[world.enrollment["count_year"] == 2026, "pupil"]
    p = world.pupils.iloc[enrolled]
    assert (table["Vårdnadshavares utbildningsnivå"] == "").sum() == p["is_education_missing"].sum()
    assert (table["Inkomstkvintil"] == "5").sum() == (p["income"] == 0).sum()
    assert (table["Områdestyp"] == "1").sum() == (p["area"] == 4).sum()
    assert (table["Ekonomiskt bistånd"] == "J").sum() == p["welfare"].sum()
    assert (table["Bor med båda vårdnadshavarna"] == "N").sum() == p["split"].sum()
    assert (table["Antal syskon"].astype(int) >= 3).sum() == p["siblings_3"].sum()
    assert (table["Invandringsår"] == "").sum() == (p["immigration_year"] == 0).sum()


def test_results_are_those_of_the_grade_9_pupils_of_the_count_date_before(world, tables):
    for year in range(2018, 2027):
        table = tables["results", f"{year - 1}/{year % 100:02d}"]
        register = tables["enrollment", f"{year - 1}-10-15"]
        ninth = register[register["Årskurs"] == "9"]
        expected = dict(zip(ninth["Personnummer"].str.replace("-", ""), ninth["Skolenhetskod"], strict=True))
        assert dict(zip(table["Personnummer"], table["Skolenhetskod"], strict=True)) == expected
        truth = world.outcomes[(world.outcomes["result_year"] == year) & (world.outcomes["outcome"] == "not_eligible")]
        assert (table["Behörig yrkesprogram"] == "N").sum() == truth["value"].sum()
        assert table["Meritvärde"].str.fullmatch(r"\d{1,3},[05]").all()


def test_the_register_holds_every_unit_with_pupils_and_names_predecessors(tables):
    for year in DEMO.count_years:
        register = tables["school_register", f"{year}-10-15"].set_index("Skolenhetskod")
        assert register.index.is_unique
        active = register[register["Status"] == "Aktiv"]
        assert set(tables["enrollment", f"{year}-10-15"]["Skolenhetskod"]) == set(active.index)
        ceased = register[register["Status"] == "Upphörd"]
        assert (ceased["Slutdatum"] != "").all()
        assert (active["Slutdatum"] == "").all()
        assert set(active["Föregångare"]) - {""} == set(ceased.index)
    assert len(tables["school_register", "2026-10-15"]) == 33
    assert set(ceased.index) == {"99990005", "99990014"}


def test_organisers_are_legal_persons_with_valid_numbers(tables):
    register = tables["school_register", "2026-10-15"]
    for number in register["Organisationsnummer"]:
        assert luhn_is_valid(number)
        assert number[2] not in "01"
    municipal = register[register["Huvudmannatyp"] == "Kommunal"]
    assert municipal["Organisationsnummer"].nunique() == 1
    assert municipal["Organisationsnummer"].iloc[0].startswith("212")
    independent = register[register["Huvudmannatyp"] == "Enskild"]
    assert independent["Organisationsnummer"].nunique() == len(independent) == 6


def test_a_world_too_large_for_the_reserved_numbers_is_refused_not_delivered():
    world = simulate(WorldSettings(seed=1, years=1, municipality_codes=("9991",), units_per_municipality=(40, 40)))
    with pytest.raises(WorldError, match="reserved numbers"):
        deliver(world)


def test_text_that_would_break_a_file_is_an_error():
    with pytest.raises(ValueError, match="column A"):
        to_csv({"A": np.array(["x;y"])}, encoding="cp1252")
    with pytest.raises(UnicodeEncodeError):
        to_csv({"A": np.array(["中"])}, encoding="cp1252")
