"""The yearly quality report that writes itself: goals, cohorts, money and what is known of each, as a page per language.

Belongs here: which rows of the follow-up stand in it, in which order, with which words. Does not: any number that is not in
the tables or a count or sum of their rows, layout (``quality_work.html.jinja``). Systematic quality work asks for planning,
follow-up, analysis, measures and documentation (skollagen 4 kap. 3–6 §§). The page asks nothing of the network and holds no
time, so that equal tables give equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from models_py.effect.pass_through import ARRIVES
from models_py.followup import GOALS, SHOWN, WHOLE
from orchestration.followup import not_shown
from orchestration.followup.accounts import POSTS
from orchestration.followup.goals_file import GoalsFile
from orchestration.followup.voice import Voice
from orchestration.publication.dictionary import templates
from orchestration.publication.figures import NOTHING

LANGUAGES = ("sv", "en")
READ = (
    "goal_result", "goal_plan", "cohort_progression", "naive_noise", "school_value_added", "cost_pass_through",
    "equity_by_year", "state_grant", "accuracy_cohort", "accuracy_weights", "effect_result",
)  # fmt: skip
"""Tables that the report is written from."""
YEARS = 5
"""Result years told per goal."""
MERIT = "merit_value"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, sentences, a table where there is one, and sentences after it."""

    title: str
    sentences: Sequence[str] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    after: Sequence[str] = ()


def quality_work(
    tables: Mapping[str, pd.DataFrame],
    *,
    file: GoalsFile,
    not_made: Sequence[tuple[str, str]],
    municipality_code: str,
    funding_year: int,
    language: str,
) -> bytes:
    """The page as UTF-8.

    ``tables``: one municipality's rows of ``READ``, empty where there are none; ``not_made``: what could not be made,
    and why, by code or in words.
    """
    voice = Voice(language)
    sections = [
        *_goals(tables, file, voice), *_cohorts(tables, voice), *_added(tables, voice), *_arrives(tables, voice),
        *_equity(tables, voice), *_grants(tables, voice), *_model(tables, voice), *_effect(tables, voice),
    ]  # fmt: skip
    if not_made:
        sentences = [not_shown.told(part, reason, say=voice.say) for part, reason in not_made]
        sections.append(Section(voice.say("quality_not_made"), sentences))
    facts = {
        "language": language,
        "title": voice.say("quality_title", municipality=municipality_code, year=str(funding_year)),
        "intro": voice.say("quality_intro"),
        "sections": sections,
    }
    return templates("orchestration.followup").get_template("quality_work.html.jinja").render(facts).encode()


def _goals(tables: Mapping[str, pd.DataFrame], file: GoalsFile, voice: Voice) -> list[Section]:
    results, plans = tables["goal_result"], tables["goal_plan"]
    head = [voice.say(f"quality_head_{name}") for name in ("year", "figure", "target", "met", "change")]
    found = []
    for code in sorted(file.goals):
        goal = file.goals[code]
        told = voice.say(
            "goals_followed_by", figure=voice.say(f"part_figure_{goal.key_figure}"), decided=goal.decided_by
        )
        own = results[results["goal_code"] == code].sort_values("result_year").tail(YEARS)
        rows = [_goal_year(row, voice) for row in own.to_dict("records")]
        of_goal = [_plan(row, voice) for row in plans[plans["goal_code"] == code].to_dict("records")]
        found.append(Section(getattr(goal.words, voice.language), [told], head, rows, of_goal))
    return found


def _goal_year(row: Mapping[str, object], voice: Voice) -> list[str]:
    def value(name: str) -> str:
        return voice.figure(row[name], decimals=1) if row["key_figure"] == MERIT else voice.share(row[name])

    met = NOTHING if pd.isna(row["is_met"]) else voice.say("quality_yes" if row["is_met"] else "quality_no")
    chance = NOTHING
    if not pd.isna(row["is_change_beyond_chance"]):
        chance = voice.say(f"part_chance_{'beyond' if row['is_change_beyond_chance'] else 'within'}")
    return [str(row["result_year"]), value("figure_value"), value("target_value"), met, chance]


def _plan(row: Mapping[str, object], voice: Voice) -> str:
    told = voice.say(
        "goals_plan", year=str(row["plan_year"]), school=str(row["school_unit_code"]),
        plan=str(row[f"plan_{voice.language}"]), money=voice.sek(row["structural_part_sek"]),
    )  # fmt: skip
    outcome = row[f"followed_up_{voice.language}"]
    if pd.isna(outcome):
        return f"{told} {voice.say('goals_not_followed_up')}"
    return f"{told} {voice.say('goals_followed_up', outcome=str(outcome))}"


def _cohorts(tables: Mapping[str, pd.DataFrame], voice: Voice) -> list[Section]:
    """The whole municipality's pupils of the newest school year who were there at the indicator before."""
    rows = tables["cohort_progression"]
    own = rows[(rows["school_unit_code"] == WHOLE) & (rows["series"] == GOALS) & (rows["pupil_group"] == "stayers")]
    own = own[own["cohort_change"].notna()]
    if own.empty:
        return []
    own = own[own["result_year"] == own["result_year"].max()].sort_values(["grade", "subject", "indicator"])
    head = [
        voice.say(f"followup_column_{name}")
        for name in ("cohort", "grades", "subject", "pupils", "then", "now", "change")
    ]
    told = [
        [
            str(row.cohort_year), f"{row.prior_grade}–{row.grade}", _subject(row.subject, row.indicator, voice),
            voice.figure(row.both_count), voice.share(row.prior_reached_share), voice.share(row.reached_share),
            f"{voice.points(row.cohort_change)} "
            + voice.span(voice.points(row.cohort_change_lower), voice.points(row.cohort_change_upper)),
        ]
        for row in own.itertuples()
    ]  # fmt: skip
    noise = [
        voice.say(
            "followup_noise", pairs=voice.figure(row.pair_count), seen=voice.figure(row.beyond_threshold_count),
            threshold=voice.figure(row.threshold), chance=voice.figure(row.expected_by_chance),
            told=voice.figure(row.beyond_chance_count), noise=voice.share(row.noise_share),
        )
        for row in tables["naive_noise"].itertuples()
        if row.indicator == MERIT
    ]  # fmt: skip
    year = str(own["result_year"].iloc[0])
    return [Section(voice.say("quality_cohorts", year=year), [voice.say("quality_cohorts_reading")], head, told, noise)]


def _subject(subject: str, indicator: str, voice: Voice) -> str:
    is_whole = subject == "all_subjects"
    return voice.say(f"part_indicator_{indicator}" if is_whole else f"part_subject_{subject}")


def _added(tables: Mapping[str, pd.DataFrame], voice: Voice) -> list[Section]:
    """How many units lie where, never which: an order of units is none."""
    values = tables["school_value_added"]
    if values.empty:
        return []
    places = ("below", "inside", "above", "undecided")
    head = [
        voice.say("quality_head_stage"),
        *(voice.say(f"part_band_{p}") for p in places),
        voice.say("quality_hidden"),
    ]
    rows = []
    for stage, own in values.groupby("stage", sort=True):
        shown = own[own["value_state"] == SHOWN]
        counts = [int((shown["band_position"] == place).sum()) for place in places]
        rows.append([voice.say(f"part_stage_{stage}"), *map(voice.figure, [*counts, len(own) - len(shown)])])
    return [Section(voice.say("quality_added"), [voice.say("quality_added_reading")], head, rows)]


def _arrives(tables: Mapping[str, pd.DataFrame], voice: Voice) -> list[Section]:
    rows = tables["cost_pass_through"]
    if rows.empty:
        return []
    head = [voice.say(f"quality_head_{name}") for name in ("item", "estimate", "verdict")]
    told = [
        [
            voice.say(f"part_cost_{row.cost_item}"),
            f"{voice.figure(row.pass_estimate, decimals=2)} "
            + voice.span(voice.figure(row.pass_lower, decimals=2), voice.figure(row.pass_upper, decimals=2)),
            _arrived(str(row.cost_item), str(row.pass_verdict), voice),
        ]
        for row in rows.itertuples()
    ]
    first = rows.iloc[0]
    years = f"{first['accounts_year_first']}–{first['accounts_year_last']}"
    reading = voice.say("quality_arrives_reading", units=voice.figure(first["pass_unit_count"]), years=years)
    return [Section(voice.say("quality_arrives"), [reading], head, told)]


def _arrived(item: str, verdict: str, voice: Voice) -> str:
    """A verdict in words; more teachers are no part of a krona."""
    return voice.say("quality_more_teachers" if (item, verdict) == (POSTS, ARRIVES) else f"part_pass_{verdict}")


def _equity(tables: Mapping[str, pd.DataFrame], voice: Voice) -> list[Section]:
    rows = tables["equity_by_year"].sort_values(["equity_basis", "money_year"])
    if rows.empty:
        return []
    head = [
        voice.say(f"quality_head_{name}") for name in ("year", "basis", "need_gini", "money_gini", "moved", "slope")
    ]
    told = [
        [
            str(row.money_year), voice.say(f"part_basis_{row.equity_basis}"), voice.figure(row.need_gini, decimals=3),
            voice.figure(row.money_gini, decimals=3), voice.share(row.redistributed_share),
            voice.sek(None if pd.isna(row.slope_per_100_points_sek) else round(row.slope_per_100_points_sek)),
        ]
        for row in rows.itertuples()
    ]  # fmt: skip
    return [Section(voice.say("quality_equity"), [voice.say("quality_equity_reading")], head, told)]


def _grants(tables: Mapping[str, pd.DataFrame], voice: Voice) -> list[Section]:
    """Sums of the newest year, by grant and purchase."""
    rows = tables["state_grant"]
    if rows.empty:
        return []
    newest = rows[rows["accounts_year"] == rows["accounts_year"].max()]
    names = ["granted_sek", "used_sek", "not_used_sek"]
    sums = newest.groupby(["grant_code", "bought"], sort=True)[names].sum()
    head = [voice.say(f"quality_head_{name}") for name in ("grant", "bought", "granted", "used", "not_used")]
    told = [
        [
            voice.word(f"part_grant_{grant}", grant),
            voice.word(f"part_bought_{bought}", bought),
            *(voice.sek(amount) for amount in amounts),
        ]
        for (grant, bought), amounts in zip(sums.index, sums.to_numpy(), strict=True)
    ]
    year = str(newest["accounts_year"].iloc[0])
    return [Section(voice.say("quality_grants", year=year), [voice.say("quality_grants_reading")], head, told)]


def _model(tables: Mapping[str, pd.DataFrame], voice: Voice) -> list[Section]:
    told = [
        voice.say(
            "quality_model_cohort", years=str(row.judged_years), misplaced=voice.share(row.misplaced_share),
            lower=voice.share(row.floor_lower), upper=voice.share(row.floor_upper), flat=voice.share(row.flat_misplaced_share),
        )
        for row in tables["accuracy_cohort"].itertuples()
        if row.is_pooled
    ]  # fmt: skip
    told += [
        voice.say(
            "accuracy_advice", advice=voice.say(f"part_advice_{row.weights_advice}"),
            reason=voice.say(f"part_reason_{row.advice_reason}"),
        )
        for row in tables["accuracy_weights"].itertuples()
    ]  # fmt: skip
    return [Section(voice.say("quality_model"), told)] if told else []


def _effect(tables: Mapping[str, pd.DataFrame], voice: Voice) -> list[Section]:
    found = []
    for row in tables["effect_result"].to_dict("records"):
        sd = {
            name: voice.figure(row[name], decimals=3)
            for name in ("effect_estimate", "effect_lower", "effect_upper", "detectable_effect", "excluded_above")
        }
        verdict = voice.say(
            f"part_verdict_{row['effect_verdict']}",
            schools=voice.figure(row["effect_school_count"]),
            excluded=sd["excluded_above"],
        )
        estimate = voice.say(
            "effect_estimate", estimate=sd["effect_estimate"], lower=sd["effect_lower"], upper=sd["effect_upper"],
            detectable=sd["detectable_effect"],
        )  # fmt: skip
        because = voice.say(f"part_because_{row['verdict_reason']}")
        found.append(
            Section(voice.say("quality_effect"), [f"{verdict} {because}", estimate, voice.say("effect_reading")])
        )
    return found
