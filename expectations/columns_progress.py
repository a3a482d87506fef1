"""Columns of what is published of pupils over time: shares of cohorts, value-added, forecasts.

Belongs here: their descriptions, where the kept tables (``columns_followup``, ``columns_planning``) have none.
"""

from __future__ import annotations

from expectations.column import Column

_SHARE = (0, 1)

PROGRESS_COLUMNS: tuple[Column, ...] = (
    Column("cohort_first_year", "int32", "Autumn in which the first of the cohorts began grade 1.", "Hösten då den första av årskullarna började årskurs 1.", "year"),
    Column("cohort_last_year", "int32", "The same for the last of them: two years later for a school unit, the same year for the municipality.",
           "Detsamma för den sista: två år senare för en skolenhet, samma år för kommunen.", "year"),
    Column("share_state", "text", "told; few_not_reached or few_reached: too few pupils on one side to be told; few_pupils: too few in all; withheld: would tell a small "
           "number, of this publication or by difference from an earlier one.",
           "told (redovisas); few_not_reached eller few_reached: för få elever på ena sidan; few_pupils: för få i allt; withheld: skulle avslöja ett litet antal, i den "
           "här publiceringen eller genom skillnad mot en tidigare."),
    Column("about_pupil_count", "int32", "Pupils behind the figure, to the nearest five; empty where withheld.", "Elever bakom siffran, till närmaste femtal; tomt där den inte visas.",
           "pupils", (0, None)),
    Column("goal_share", "float64", "Share of the assessed who reach the indicator, whole per cent; told where at least the threshold reach and as many do not.",
           "Andel av de bedömda som når indikatorn, hela procent; redovisas där minst tröskelns antal når och lika många inte gör det.", "share 0..1", _SHARE),
    Column("goal_share_lower", "float64", "Lower end of its 95 % interval: what chance leaves open (Wilson).", "Dess 95-procentsintervalls nedre gräns: det som slumpen lämnar öppet (Wilson).",
           "share 0..1", _SHARE, "Wilson 1927"),
    Column("goal_share_upper", "float64", "Upper end of its 95 % interval.", "Dess 95-procentsintervalls övre gräns.", "share 0..1", _SHARE, "Wilson 1927"),
    Column("goal_share_at_least", "float64", "What the share is at least, where few do not reach.", "Vad andelen minst är, där få inte når.", "share 0..1", _SHARE),
    Column("goal_share_at_most", "float64", "What the share is at most, where few reach.", "Vad andelen högst är, där få når.", "share 0..1", _SHARE),
    Column("band_lower_points", "float64", "Lower edge of what is expected of units, points of the national test.", "Nedre kant av det väntade för enheter, nationella provets poäng.", "points"),
    Column("band_upper_points", "float64", "Upper edge of what is expected.", "Övre kant av det väntade.", "points"),
    Column("counted_count", "int32", "Pupils counted on 15 October of the year; empty for years ahead.", "Elever räknade den 15 oktober året; tomt för kommande år.", "pupils", (0, None)),
    Column("count_year", "int32", "Calendar year of the count.", "Kalenderår för avläsningen.", "year"),
)  # fmt: skip
