"""Claims of the main job: kronor add up, everybody is paid or named, the same input gives the same content, a spoiled
file stops only those it concerns, and a planted truth is found.

Each claim runs the command ``likvard`` in a home of its own and reads what it published.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from bench.claim import Claim, Measured
from bench.homes import Home, demo_home, new_home, open_data, sweden_home
from bench.recovery import NATION, Recovery, compare, index_against_truth, slopes, world_of
from models_py.need.cells import count_outcomes
from models_py.need.municipality import need_from_counts
from models_py.need.validation import out_of_fold, rank_correlations
from models_py.need.within import fit_within_school
from models_py.world import DEMO, simulate
from orchestration.names import OPEN_STATISTICS
from orchestration.publication.verify import verify

DEMO_YEAR, SWEDEN_YEAR = 2027, 2022
NO_OPEN_DATA = Measured("not measured", None, "LIKVARD_OPEN_DATA is unset or absent")
SEEDS = 20


def _pots(home: Home, year: int) -> Measured:
    """Lines against the budget in the manifest, municipality by municipality, in öre."""
    import json

    folders = home.proposals(year)
    told = [
        json.loads((folder / "manifest.json").read_text())["content"]["tables"]["fct_allocation"] for folder in folders
    ]
    lines = home.query(
        year, "select municipality_code, sum(amount_ore)::bigint as ore from fct_allocation group by all"
    )
    wide = home.query(
        year, "select municipality_code, (sum(total_sek) * 100)::bigint as ore from school_allocation group by all"
    )
    pupils = home.query(
        year, "select municipality_code, sum(pupil_count)::bigint as pupils from school_allocation group by all"
    )
    per_pupil = 118_000 if home is demo_home() else 120_000
    same = (
        lines["ore"].tolist() == wide["ore"].tolist() == [table["control_total_ore"] for table in told]
        and (lines["ore"] == pupils["pupils"] * per_pupil * 100).all()
    )
    return Measured(f"{len(folders)} municipalities, {lines['ore'].sum() // 100:_} kr".replace("_", " "), bool(same))


def demo_pot() -> Measured:
    return _pots(demo_home(), DEMO_YEAR)


def sweden_pots() -> Measured:
    home = sweden_home()
    return NO_OPEN_DATA if home is None else _pots(home, SWEDEN_YEAR)


def sweden_units() -> Measured:
    home = sweden_home()
    if home is None:
        return NO_OPEN_DATA
    wide = home.query(SWEDEN_YEAR, "select payment_status, reason_code, total_sek from school_allocation")
    paid = (wide["payment_status"] == "paid") & (wide["total_sek"] > 0)
    named = (wide["payment_status"] == "not_paid") & wide["reason_code"].notna()
    return Measured(
        f"{len(wide)} units: {paid.sum()} paid, {named.sum()} with a reason",
        bool((paid | named).all() and len(wide) == 4743),
    )


def rank_left_out() -> Measured:
    home = sweden_home()
    if home is None:
        return NO_OPEN_DATA
    from orchestration.resources.warehouse import Warehouse

    warehouse = Warehouse(path=str(home.path / "pseudonymised" / "warehouse.duckdb"))
    factors, results = warehouse.mart("fct_school_factors"), warehouse.mart("fct_school_results")
    results = results[(results["result_year"] == SWEDEN_YEAR - 1) & (results["basis"] == OPEN_STATISTICS)]
    ranks = rank_correlations(out_of_fold(factors[factors["basis"] == OPEN_STATISTICS], results=results))
    figure = (
        f"{ranks.within_municipality:.3f} within municipality ({ranks.municipalities} with at least {ranks.minimum_units} units); "
        f"{ranks.pooled:.3f} pooled over {ranks.units} units"
    )
    return Measured(figure, ranks.within_municipality > 0)


def same_twice() -> Measured:
    first = demo_home().content_hashes(DEMO_YEAR)
    again = demo_home().likvard("run", str(DEMO_YEAR))
    with new_home() as elsewhere:
        fresh = elsewhere.likvard("demo")
        other = elsewhere.content_hashes(DEMO_YEAR)
    ledger = (demo_home().path / "published" / "9999" / "ledger.jsonl").read_text().splitlines()
    holds = (
        again.returncode == fresh.returncode == 0
        and first == other == demo_home().content_hashes(DEMO_YEAR)
        and len(ledger) == 1
    )
    return Measured(
        f"{next(iter(first.values()))[:16]}… in a re-run and in another home, {len(ledger)} ledger line", holds
    )


def sweden_twice() -> Measured:
    home = sweden_home()
    if home is None:
        return NO_OPEN_DATA
    before, snapshot = home.content_hashes(SWEDEN_YEAR), home.snapshot()
    again = home.likvard("run", str(SWEDEN_YEAR), "--policy", "default")
    same = sum(home.content_hashes(SWEDEN_YEAR).get(code) == content for code, content in before.items())
    return Measured(
        f"{same} of {len(before)} equal", again.returncode == 0 and same == len(before) and home.snapshot() == snapshot
    )


def publications_verify() -> Measured:
    homes = [(demo_home(), DEMO_YEAR)] + ([(sweden_home(), SWEDEN_YEAR)] if sweden_home() else [])
    folders = [folder for home, year in homes if home for folder in home.proposals(year)]
    broken = [folder.name for folder in folders if verify(folder)]
    return Measured(f"{len(folders) - len(broken)} of {len(folders)} verify", not broken)


@cache
def _spoiled_demo() -> list[tuple[str, bool]]:
    """Spoil one delivery of a demonstration at a time: refused with exit 4 and the rule named, nothing changed."""
    seen = []
    with new_home() as home:
        if home.likvard("demo").returncode:
            raise RuntimeError("the clean demonstration was not published")
        inbox, before = home.path / "restricted" / "inbox" / "9999", home.snapshot()
        newest = inbox / "elever_2026-10-15.csv"
        whole = newest.read_bytes()
        for name, rule, spoil in SPOILED:
            newest.write_bytes(spoil(whole))
            done = home.likvard("run", str(DEMO_YEAR))
            seen.append(
                (name, done.returncode == 4 and rule in done.stdout + done.stderr and home.snapshot() == before)
            )
        newest.write_bytes(whole)
        done = home.likvard("run", str(DEMO_YEAR))
        seen.append(("mended again", done.returncode == 0 and home.snapshot() == before))
    return seen


def _twice(content: bytes) -> bytes:
    header, *rows = content.splitlines(keepends=True)
    return b"".join([header, *rows, *rows])


def _without_a_unit(content: bytes) -> bytes:
    header, *rows = content.splitlines(keepends=True)
    unit = rows[0].split(b";")[1]
    return b"".join([header, *(row for row in rows if row.split(b";")[1] != unit)])


SPOILED: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    ("truncated", "D-FILE-001", lambda content: content[: int(len(content) * 0.6) - 7]),
    ("every row twice", "D-DUP-001", _twice),
    ("an active unit missing", "T-UNIT-001", _without_a_unit),
)
"""What is done to the newest pupil file, and the rule that must say so."""


def spoiled_demo() -> Measured:
    seen = _spoiled_demo()
    kept = [name for name, held in seen if held]
    return Measured(f"{len(kept)} of {len(seen)}: {', '.join(kept)}", len(kept) == len(seen))


def spoiled_sweden() -> Measured:
    """A share of 140 % in one municipality and a doubled unit in another, in Skolverket's own file."""
    source = open_data()
    if source is None:
        return NO_OPEN_DATA
    folder = Path(tempfile.mkdtemp(prefix="likvard-open-"))
    try:
        for name in ("skolverket_elever_arskurs", "skolverket_api_gr_v4"):
            shutil.copytree(source / name, folder / name, copy_function=shutil.copyfile)
        export = next(path for path in (folder / "skolverket_elever_arskurs").iterdir() if " 2021 " in path.name)
        lines = export.read_text(encoding="utf-8-sig").split("\n")
        first = next(i for i, line in enumerate(lines) if ";0780;" in line)
        cells = lines[first].split(";")
        cells[11] = "140"
        lines[first] = ";".join(cells)
        other = next(i for i, line in enumerate(lines) if ";1440;" in line)
        lines.insert(other, lines[other])
        export.write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
        with new_home(LIKVARD_OPEN_DATA=str(folder)) as home:
            done = home.likvard("run", str(SWEDEN_YEAR), "--policy", "default")
            published = {path.parents[2].name for path in home.proposals(SWEDEN_YEAR)}
    finally:
        shutil.rmtree(folder)
    named = all(text in done.stdout + done.stderr for text in ("0780", "1440", "D-REJECT-001", "D-DUP-001"))
    figure = f"{len(published)} published, 0780 and 1440 refused, exit {done.returncode}"
    return Measured(
        figure, done.returncode == 3 and len(published) == 288 and not published & {"0780", "1440"} and named
    )


@cache
def _worlds() -> list[Recovery]:
    return [slopes(world_of(seed)) for seed in range(1, SEEDS + 1)]


def world_slopes() -> Measured:
    found = _worlds()
    rms, largest = max(r.rms_z for r in found), max(r.largest_z for r in found)
    low, high = min(r.projection for r in found), max(r.projection for r in found)
    figure = f"{len(found)} worlds: rms z at most {rms:.2f}, |z| at most {largest:.2f}, projection {low:.3f}–{high:.3f}"
    return Measured(figure, rms < 1.6 and largest < 3.8 and low >= 0.94 and high <= 1.06)


def nation_index() -> Measured:
    rmse, rank, slope, schools = index_against_truth(NATION)
    return Measured(
        f"{schools} units: RMSE {rmse:.2f}, rank {rank:.4f}, slope {slope:.3f}",
        rmse < 3 and rank > 0.99 and 0.93 <= slope <= 1.07,
    )


def demo_slopes() -> Measured:
    """Refit on the counts that dbt made of the delivered files, and compare with what was planted."""
    from orchestration.resources.warehouse import Warehouse

    warehouse = Warehouse(path=str(demo_home().path / "pseudonymised" / "warehouse.duckdb"))
    outcomes = warehouse.mart("fct_need_outcome_counts")
    outcomes = outcomes[outcomes["result_year"] > DEMO_YEAR - 1 - 5]
    fit = fit_within_school(count_outcomes(outcomes))
    published = demo_home().query(
        DEMO_YEAR, "select term, estimate from need_coefficient where standard_error is not null"
    )
    same = np.array_equal(
        published.set_index("term").loc[[t.name for t in fit.design.terms], "estimate"], fit.coefficients
    )
    found = compare(fit, simulate(DEMO))
    return Measured(
        f"rms z {found.rms_z:.2f}, |z| at most {found.largest_z:.2f}",
        bool(same) and found.rms_z < 1.6 and found.largest_z < 3.8,
    )


def organiser_blind() -> Measured:
    """Swap municipal and independent in every delivered register: not one index or öre may change."""
    with new_home() as home:
        home.likvard("demo")
        inbox = home.path / "restricted" / "inbox" / "9999"
        for register in inbox.glob("skolenheter_*.csv"):
            text = register.read_text(encoding="utf-8-sig")
            swapped = text.replace(";Kommunal;", ";¤;").replace(";Enskild;", ";Kommunal;").replace(";¤;", ";Enskild;")
            register.write_text(swapped, encoding="utf-8-sig")
        done = home.likvard("run", str(DEMO_YEAR))
        sql = "select school_unit_code, need_index, total_sek, base_part_sek, structural_part_sek from school_allocation order by all"
        before, after = demo_home().query(DEMO_YEAR, sql), home.query(DEMO_YEAR, sql)
        types = "select school_unit_code, organiser_type from school_allocation order by all"
        flipped = int(
            (
                demo_home().query(DEMO_YEAR, types)["organiser_type"] != home.query(DEMO_YEAR, types)["organiser_type"]
            ).sum()
        )
    changed = int((before != after).any(axis=1).sum())
    return Measured(
        f"{flipped} units change organiser type, {changed} change money",
        done.returncode == 0 and changed == 0 and flipped == len(before),
    )


def too_little_is_refused() -> Measured:
    """Two cohorts of the demo hold too few events for weights of its own: refused with a reason, not fitted."""
    from orchestration.partitions import count_dates
    from orchestration.resources.warehouse import Warehouse

    warehouse = Warehouse(path=str(demo_home().path / "pseudonymised" / "warehouse.duckdb"))
    outcomes = warehouse.mart("fct_need_outcome_counts")
    few = outcomes[outcomes["result_year"] >= DEMO_YEAR - 2]
    events = int(few["not_eligible_count"].sum())
    need = need_from_counts(
        few,
        register_counts=warehouse.mart("fct_need_register_counts"),
        dates=count_dates(DEMO_YEAR),
        municipality_code="9999",
        funding_year=DEMO_YEAR,
        index_minimum_pupils=20,
    )
    return Measured(f"{events} events: {need.refusal}", need.refusal is not None and events < 350)


CLAIMS = (
    Claim("main-demo-pot", "The demo's kronor add up to its budget, line by line.", "equal to the öre", demo_pot),
    Claim("main-sweden-pots", "In funding year 2022 every municipality's kronor add up to its budget.", "290 municipalities, equal to the öre", sweden_pots),
    Claim("main-sweden-units", "Every unit of Skolverket's 2021/22 export is paid or listed with a reason.", "4743 units", sweden_units),
    Claim("main-rank", "Predicted need ranks units that the fit has not seen, within their municipality.", "above 0", rank_left_out),
    Claim("main-same-twice", "The same deliveries give the same content, in a re-run and in another home.", "equal content hash, no new ledger line", same_twice),
    Claim("main-sweden-twice", "A re-run of the whole country changes nothing.", "290 of 290 equal", sweden_twice),
    Claim("main-verify", "Every publication verifies from its own manifest.", "all", publications_verify),
    Claim("main-spoiled-demo", "A spoiled pupil file publishes nothing, says why, and leaves what was published.", "all refused with exit 4, then mended", spoiled_demo),
    Claim("main-spoiled-sweden", "A fault in the national file stops the municipalities it concerns and no other.", "288 published, exit 3", spoiled_sweden),
    Claim("main-world-slopes", "Planted slopes are recovered over worlds of 150 units.", "rms z < 1.6, |z| < 3.8, projection 0.94–1.06", world_slopes),
    Claim("main-nation-index", "The index of a nation comes close to the true one.", "RMSE < 3, rank > 0.99, slope 0.93–1.07", nation_index),
    Claim("main-demo-slopes", "Planted slopes are recovered on the demo, from delivered files to published weights.", "rms z < 1.6, |z| < 3.8", demo_slopes),
    Claim("main-organiser-blind", "Who runs a school changes neither its index nor its money.", "0 units change money", organiser_blind),
    Claim("main-too-little", "A model is refused rather than fitted on too few events.", "refused with a reason below 350 events", too_little_is_refused),
)  # fmt: skip
