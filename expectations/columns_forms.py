"""Columns of the tables that set all school forms side by side.

Belongs here: their descriptions. Does not: columns that other tables have too (``expectations.columns``).
"""

from __future__ import annotations

from expectations.column import Column

FORM_COLUMNS: tuple[Column, ...] = (
    Column("form_stage", "text", "Age group, grade, year or level of the school form; all where only the whole form is told.",
           "Åldersgrupp, årskurs, år eller nivå i skolformen; all där bara hela skolformen visas."),
    Column("age", "int32", "Usual age: the one reached in the calendar year in which the school year begins; 20 stands for adults.",
           "Vanlig ålder: den som fylls det kalenderår då läsåret börjar; 20 står för vuxna.", "years", (1, 20)),
    Column("index_source", "text",
           "Where the form's index comes from: need_model (the compulsory school's weights on own background), shares, merit, adult_background or none.",
           "Varifrån skolformens index kommer: need_model (grundskolans vikter på egen bakgrund), shares, merit, adult_background eller none."),
    Column("structural_share", "float64", "Part of the form's budget that is shared by need; not what is redistributed.",
           "Del av skolformens budget som fördelas efter behov; inte det som omfördelas.", "share 0..1", (0, 1)),
    Column("need_index_lowest", "float64", "Lowest index of the units that are told; empty without an index.",
           "Lägsta index bland de enheter som visas; tomt utan index.", "index", (0, None)),
    Column("need_index_highest", "float64", "Highest index of the units that are told; empty without an index.",
           "Högsta index bland de enheter som visas; tomt utan index.", "index", (0, None)),
    Column("fee_sek", "decimal(18,2)", "Fees that the organiser takes, set off against its grant; empty for the municipality's own units.",
           "Avgifter som huvudmannen tar ut och som räknas av från bidraget; tomt för kommunens egna enheter.", "kronor", (0, None)),
    Column("grant_sek", "decimal(18,2)",
           "What the home municipality owes: amount + administration + VAT - fees; empty for the municipality's own units.",
           "Vad hemkommunen ska betala: belopp + administration + moms - avgifter; tomt för kommunens egna enheter.", "kronor", (0, None)),
)  # fmt: skip
"""In the order in which they are described."""
