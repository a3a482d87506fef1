"""A sealed publication names the corrections it stands on beside the deliveries."""

from __future__ import annotations

from types import SimpleNamespace

from orchestration.checks.results import corrections, ledgers
from orchestration.proposals import inputs
from tests.orchestration.governance.homes import ANNA, BO, PERIOD, Home, pupil, pupil_file
from tests.orchestration.governance.test_governance_corrections import BAD, cells, exported, written


def recorded(home: Home, *, decided: tuple[str, ...] = ()) -> list[dict[str, str]]:
    accepted = home.path / "pseudonymised" / "accepted"
    deliveries, _ = ledgers(accepted)
    scope = SimpleNamespace(decided=lambda code, year: SimpleNamespace(count_lag_years=0))
    material = SimpleNamespace(
        bases={"9999": "pupil_level"},
        scope=scope,
        funding_year=2027,
        fits={"9999": {}},
        forms={"9999": {"decided": decided}},
        deliveries=deliveries,
        corrections=corrections(accepted),
    )
    return inputs(material, "9999")  # type: ignore[arg-type]


def test_a_correction_that_mended_rows_is_an_input_and_one_that_did_not_is_none(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA), pupil(BAD)))
    home.look()
    delivery = home.only()
    assert [line["delivery_id"] for line in recorded(home)] == [delivery.delivery_id]
    home.drop(exported(home).read_bytes(), "untouched.csv")
    home.look()
    assert len(recorded(home)) == 1
    rows = cells(exported(home).read_bytes())
    rows[1][2] = BO
    home.drop(written(rows), "mended.csv")
    home.look()
    correction = home.store.corrections()[-1]
    assert recorded(home)[0] == {
        "source": "enrollment",
        "municipality_code": "9999",
        "period": PERIOD,
        "delivery_id": correction.delivery_id,
        "sha256": correction.sha256,
    }
    assert len(recorded(home)) == 2
    home.drop(pupil_file(pupil(ANNA)), "elever_2026-10-15_ny.csv", at=9.0)
    home.look()
    assert [line["delivery_id"] for line in recorded(home)] == [home.store.deliveries()[1].delivery_id]


def test_registers_of_other_forms_are_inputs_only_of_a_year_that_decides_one(home: Home) -> None:
    home.drop(pupil_file(pupil(ANNA)))
    units = "Enhetskod;Skolform;Enhetens namn;Huvudmannatyp\r\n99991001;FS;Kotten;Kommunal\r\n"
    home.drop(units.encode(), "verksamheter_2026-10-15.csv")
    home.look()
    assert {line["source"] for line in recorded(home)} == {"enrollment"}
    assert {line["source"] for line in recorded(home, decided=("preschool",))} == {"enrollment", "form_unit"}
