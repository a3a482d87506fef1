"""Claims of what a proposal carries of its need model, read from what the command published."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import yaml

from bench.claim import Claim, Measured
from bench.homes import demo_home, new_home

DEMO_YEAR = 2027
TABLES = (
    "need_coefficient", "need_contribution", "need_factor_level", "need_factor", "need_factor_pair", "need_selection",
    "need_alternative", "need_alternative_pair", "need_calibration",
)  # fmt: skip
POLICIES = Path(__file__).resolve().parents[2] / "policies"


def carries_everything() -> Measured:
    home = demo_home()
    (folder,) = home.proposals(DEMO_YEAR)
    rows = {name: int(home.query(DEMO_YEAR, f"select count(*) as n from {name}")["n"].iloc[0]) for name in TABLES}
    index = home.query(
        DEMO_YEAR,
        "select need_index_interval_lower < need_index and need_index < need_index_interval_upper as inside"
        " from fct_need_index",
    )
    (fit,) = json.loads((folder / "manifest.json").read_text("utf-8"))["recorded"]["fits"].values()
    card = set(fit.get("card", {})) >= {"formula", "coefficients", "trained_on", "calibration_out_of_time", "tried", "data_hashes", "frozen_until"}  # fmt: skip
    page = (folder / "MODEL.md").is_file()
    figure = (
        f"{sum(count > 0 for count in rows.values())} of {len(TABLES)} tables with rows, {int(index['inside'].sum())} of "
        f"{len(index)} indices inside their interval, model card {'whole' if card else 'not whole'}, "
        f"MODEL.md {'there' if page else 'missing'}"
    )
    return Measured(figure, all(rows.values()) and bool(index["inside"].all()) and card and page)


def parts_tie_to_kronor() -> Measured:
    """Index points to the index, kronor to the structural part less a flat pot."""
    told = demo_home().query(
        DEMO_YEAR,
        """
        with parts as (
            select school_unit_code, sum(index_contribution) as points, sum(contribution_sek)::double as kronor
            from need_contribution group by all
        )
        select abs(points - (need_index - 100)) as index_off, abs(kronor - redistribution_sek::double) as kronor_off
        from parts join school_allocation using (school_unit_code)
        """,
    )
    index_off, kronor_off = float(told["index_off"].max()), float(told["kronor_off"].max())
    figure = f"{len(told)} units: at most {index_off:.1e} index points and {kronor_off:.2f} kr off"
    return Measured(figure, len(told) > 0 and index_off < 1e-9 and kronor_off < 2)


def frozen_weights_stay() -> Measured:
    """Freeze the demo's weights through the command, name them in a policy, run again: the weights are those."""
    home = demo_home()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as homes:
        policies = Path(folder, "policies")
        shutil.copytree(POLICIES, policies)
        other = homes.enter_context(new_home(LIKVARD_POLICIES=str(policies)))
        before = other.likvard("demo")
        kept = other.likvard("weights", "freeze", str(DEMO_YEAR), "--municipality", "9999")
        (file,) = (policies / "9999" / "weights").glob("*.json")
        path = policies / "9999" / "model.yml"
        values = yaml.safe_load(path.read_text("utf-8"))
        values["need"]["weights"]["values"][0]["value"] = file.name
        path.write_text(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), "utf-8")
        again = other.likvard("run", str(DEMO_YEAR))
        estimates = [
            run.query(
                DEMO_YEAR, "select term, estimate from need_coefficient where standard_error is not null order by 1"
            )
            for run in (home, other)
        ]
        (fit,) = json.loads((other.proposals(DEMO_YEAR)[0] / "manifest.json").read_text("utf-8"))["recorded"][
            "fits"
        ].values()
        rung = fit["weights_chosen"]["rung"]
        same = estimates[0]["estimate"].tolist() == estimates[1]["estimate"].tolist()
        codes = [done.returncode for done in (before, kept, again)]
    return Measured(
        f"exit {codes}, rung {rung}, {len(estimates[1])} weights {'unchanged' if same else 'changed'}",
        codes == [0, 0, 0] and rung == "frozen_weights" and same,
    )


CLAIMS = (
    Claim("need-proposal-carries", "A proposal carries index, intervals, contributions, differences, path of factors, alternatives, calibration and model card.", "everything there", carries_everything),
    Claim("need-proposal-adds", "A unit's parts add up to its index, and in kronor to what need moves to or from it.", "within 1e-9 index points and 2 kr", parts_tie_to_kronor),
    Claim("need-frozen", "Weights kept by `likvard weights freeze` and named in the policy are used unchanged.", "exit 0, every weight unchanged", frozen_weights_stay),
)  # fmt: skip
