"""Great Expectations suites, built from the register: is the content plausible against history and distribution?

Belongs here: turning ``gx`` rules into a suite, running it on frames of municipalities or units, counting per municipality.
Does not: pupil rows (a suite sees aggregates only), verdicts (the publication's).
``great_expectations`` costs seconds to import, so it is imported inside the functions that use it.
"""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from expectations.rules import Rule, result_rows, rules_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one expectation said.

    Attributes
    ----------
    holds : whether the expectation was met in every row
    failing : municipality → rows that break it
    observed_rows : rows looked at
    """

    rule: Rule
    holds: bool
    failing: Mapping[str, int]
    observed_rows: int


class SuiteError(RuntimeError):
    """An expectation could not be evaluated; a check that could not look has not passed."""


def municipality_year(factors: pd.DataFrame) -> pd.DataFrame:
    """One row per municipality from two count dates of school factors: what the suite judges of a municipality.

    Parameters
    ----------
    factors : rows of ``fct_school_factors`` for the later and the earlier count date of each municipality

    Returns
    -------
    municipality_code, pupil_count, pupil_change_share (later / earlier − 1; empty without an earlier date),
    missing_background_share (pupil-weighted, 0..1)
    """
    later = factors.groupby("municipality_code")["count_date"].transform("max")
    now, before = factors[factors["count_date"] == later], factors[factors["count_date"] < later]
    pupils = now.groupby("municipality_code")["pupil_count"].sum()
    pupils_before = before.groupby("municipality_code")["pupil_count"].sum().reindex(pupils.index)
    missing = now["missing_background_share"].astype("float64").fillna(0.0) * now["pupil_count"]
    table = pd.DataFrame(
        {
            "pupil_count": pupils,
            "pupil_change_share": (pupils / pupils_before.where(pupils_before > 0) - 1).astype("float64"),
            "missing_background_share": (
                missing.groupby(now["municipality_code"]).sum() / pupils.where(pupils > 0)
            ).fillna(0.0),
        }
    )
    return table.rename_axis("municipality_code").reset_index()


def run_suite(table: str, frame: pd.DataFrame) -> tuple[Verdict, ...]:
    """Judge one frame by the ``gx`` rules of its table. Empty cells are not judged; they have rules of their own.

    Raises
    ------
    SuiteError
        when Great Expectations could not evaluate an expectation (it reports ``success: False`` with an empty result).
    """
    rules = rules_of("gx", table=table)
    report = _validate(table, frame, rules)
    return tuple(_verdict(rule, result, frame) for rule, result in zip(rules, report, strict=True))


def results(verdicts: Sequence[Verdict], *, funding_year: int, municipalities: Sequence[str]) -> pd.DataFrame:
    """Rows of ``rule_result`` from the verdicts of a suite."""
    rows = [
        result_rows(verdict.failing, rule=verdict.rule, funding_year=funding_year, municipalities=municipalities)
        for verdict in verdicts
    ]
    return pd.concat(rows, ignore_index=True)


def _validate(table: str, frame: pd.DataFrame, rules: Sequence[Rule]) -> list[Any]:
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GX warns about its own dependencies on import and on pandas data sources
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        batches = (
            context.data_sources.add_pandas("tables")
            .add_dataframe_asset(table)
            .add_batch_definition_whole_dataframe("all")
        )
        suite = context.suites.add(gx.ExpectationSuite(name=table))
        for rule in rules:
            arguments = {name: value for name, value in rule.expect.items() if name != "type"}
            kind = getattr(gx.expectations, "".join(part.capitalize() for part in rule.expect["type"].split("_")))
            suite.add_expectation(kind(**arguments, severity=rule.severity, meta={"rule_id": rule.id}))
        definition = context.validation_definitions.add(gx.ValidationDefinition(name=table, data=batches, suite=suite))
        # Row positions only: the result carries no value of the table.
        report = definition.run(
            batch_parameters={"dataframe": frame.reset_index(drop=True)},
            result_format={
                "result_format": "COMPLETE",
                "exclude_unexpected_values": True,
                "include_unexpected_rows": False,
            },
        )
    results: Sequence[Any] = report.results
    by_rule = {result.expectation_config.meta["rule_id"]: result for result in results}
    return [by_rule[rule.id] for rule in rules]


def _verdict(rule: Rule, result: Any, frame: pd.DataFrame) -> Verdict:
    raised = [info for info in _exceptions(result.exception_info) if info.get("raised_exception")]
    if raised:
        raise SuiteError(f"{rule.id} could not be evaluated on {rule.table}: {raised[0].get('exception_message')}")
    positions = result.result.get("unexpected_index_list") or []
    codes = frame["municipality_code"].reset_index(drop=True)
    failing = Counter(codes.iloc[position if isinstance(position, int) else int(position)] for position in positions)
    if bool(result.success) != (not failing):
        raise SuiteError(f"{rule.id}: the expectation says {result.success} but names {len(positions)} failing rows")
    return Verdict(rule=rule, holds=bool(result.success), failing=dict(failing), observed_rows=len(frame))


def _exceptions(info: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    if not info:
        return []
    return [info] if "raised_exception" in info else list(info.values())
