"""Columns of the follow-up: cohorts, value-added, grades beside tests, the naive comparison.

Belongs here: their descriptions. Does not: columns of what is sealed (``expectations.columns``), where these are joined.
"""

from __future__ import annotations

from expectations.column import Column

_SHARE = (0, 1)
_CHANGE = (-1, 1)

FOLLOWUP_COLUMNS: tuple[Column, ...] = (
    # cohorts
    Column("series", "text", "goals: whatever says in each grade whether the goals are reached; national_tests: the tests alone.",
           "goals: det som i varje årskurs säger om målen nås; national_tests: enbart nationella prov."),
    Column("subject", "text", "swedish (either Swedish subject), english, mathematics, or all_subjects.",
           "swedish (svenska eller svenska som andraspråk), english, mathematics eller all_subjects (alla ämnen)."),
    Column("cohort_year", "int32", "Autumn in which the cohort (årskull) began grade 1.", "Hösten då årskullen började årskurs 1.", "year"),
    Column("indicator", "text", "What is followed in the grade, such as reading_check, test_passed or passing_grade.",
           "Det som följs i årskursen, till exempel reading_check (läsning), test_passed (prov) eller passing_grade (betyg)."),
    Column("pupil_group", "text", "all enrolled; stayers at the unit since the indicator before; joiners since; leavers since.",
           "all (alla inskrivna); stayers (kvar sedan förra indikatorn); joiners (tillkomna); leavers (de som lämnat)."),
    Column("indicator_version", "int32", "Version of the indicator's definition.", "Version av indikatorns definition."),
    Column("prior_indicator", "text", "The indicator before, in the same series and subject; empty for the first.",
           "Indikatorn före, i samma serie och ämne; tomt för den första."),
    Column("prior_version", "int32", "Version of the indicator before; 0 for none.", "Version av indikatorn före; 0 om ingen finns."),
    Column("prior_grade", "int32", "Grade of the indicator before; 0 for none.", "Årskurs för indikatorn före; 0 om ingen finns."),
    Column("enrolled_count", "int32", "Pupils enrolled on 15 October of the school year.", "Elever inskrivna den 15 oktober läsåret.", "pupils", (0, None)),
    Column("assessed_count", "int32", "Of these, those with a result.", "Därav elever med resultat.", "pupils", (0, None)),
    Column("reached_count", "int32", "Of these, those who reach the indicator.", "Därav elever som når indikatorn.", "pupils", (0, None)),
    Column("coverage_share", "float64", "Share of the enrolled who stand behind the figure.", "Andel av de inskrivna som ligger bakom siffran.", "share 0..1", _SHARE),
    Column("reached_share", "float64", "Share of the assessed who reach the indicator, for stayers, joiners and leavers of those assessed at both; empty under ten.", "Andel av de bedömda som når indikatorn, för stayers, joiners och leavers av dem som bedömts vid båda; tomt under tio.", "share 0..1", _SHARE),
    Column("prior_reached_share", "float64", "The same at the indicator before.", "Detsamma vid indikatorn före.", "share 0..1", _SHARE),
    Column("both_count", "int32", "Pupils assessed at both.", "Elever bedömda vid båda.", "pupils", (0, None)),
    Column("cohort_change", "float64", "Change since the indicator before: of the same pupils, or for all of whoever was enrolled.",
           "Förändring sedan indikatorn före: av samma elever, eller för all av dem som var inskrivna.", "share", _CHANGE),
    Column("cohort_change_lower", "float64", "Lower end of its 95 % interval.", "Dess 95-procentsintervalls nedre gräns.", "share", _CHANGE),
    Column("cohort_change_upper", "float64", "Upper end of its 95 % interval.", "Dess 95-procentsintervalls övre gräns.", "share", _CHANGE),
    Column("is_same_indicator", "bool", "Whether the indicator before is the same; otherwise the change is also one of measures.",
           "Om indikatorn före är densamma; annars är förändringen också ett byte av mått."),
    Column("municipality_change", "float64", "The same change in the whole municipality.", "Samma förändring i hela kommunen.", "share", _CHANGE),
    Column("change_beside_municipality", "float64", "The change minus that of the municipality.", "Förändringen minus kommunens.", "share", (-2, 2)),
    Column("change_state", "text", "told, or why not: first_indicator, few_pupils, version_break.",
           "told (redovisas), eller varför inte: first_indicator (första), few_pupils (få elever), version_break (ny version)."),
    # value-added
    Column("stage", "text", "grades_4_6 or grades_7_9.", "grades_4_6 (årskurs 4-6) eller grades_7_9 (årskurs 7-9)."),
    Column("window_first_year", "int32", "First result year pooled.", "Första resultatår som ingår.", "year"),
    Column("window_last_year", "int32", "Last result year pooled.", "Sista resultatår som ingår.", "year"),
    Column("matched_count", "int32", "Pupils at the unit through the stage, with results before and after.", "Elever kvar hela stadiet med resultat före och efter.", "pupils", (0, None)),
    Column("value_added_sd", "float64", "What the unit adds over the stage, in SD of pupils, drawn toward the mean by its uncertainty; empty where not shown.",
           "Det enheten tillför under stadiet, i elevers standardavvikelser, draget mot medel efter sin osäkerhet; tomt där det inte visas.", "SD"),
    Column("value_added_points", "float64", "The same in points of the national test (0-20).", "Detsamma i nationella provets poäng (0-20).", "points"),
    Column("value_added_lower_points", "float64", "Lower end of its 95 % interval.", "Dess 95-procentsintervalls nedre gräns.", "points"),
    Column("value_added_upper_points", "float64", "Upper end of its 95 % interval.", "Dess 95-procentsintervalls övre gräns.", "points"),
    Column("reliability", "float64", "Share of the spread between units that is not chance.", "Andel av skillnaden mellan enheter som inte är slump.", "share 0..1", _SHARE),
    Column("value_state", "text", "shown, or why not: few_pupils (under 15), unreliable (reliability under a half).",
           "shown (visas), eller varför inte: few_pupils (under 15), unreliable (reliabilitet under en halv)."),
    Column("joiner_count", "int32", "Pupils who came to the unit during the stage.", "Elever som kom till enheten under stadiet.", "pupils", (0, None)),
    Column("joiners_differ", "bool", "Whether the figure moves more than its standard error when joiners count by their time; empty where not shown.",
           "Om siffran flyttas mer än sitt medelfel när tillkomna räknas efter sin tid; tomt där den inte visas."),
    Column("band_position", "text", "below, inside or above what is expected (about 25, 50 and 25 % of units), or undecided; empty where not shown.",
           "below (under), inside (inom) eller above (över) det väntade (omkring 25, 50 och 25 % av enheterna) eller undecided (oavgjort); tomt där det inte visas."),
    # grades beside tests
    Column("gap_pupil_count", "int32", "Pupils with both grade and national test.", "Elever med både betyg och nationellt prov.", "pupils", (0, None)),
    Column("gap_points", "float64", "Mean of grade minus test, points 0-20.", "Medel av betyg minus prov, poäng 0-20.", "points"),
    Column("gap_lower_points", "float64", "Lower end of its 95 % interval.", "Dess 95-procentsintervalls nedre gräns.", "points"),
    Column("gap_upper_points", "float64", "Upper end of its 95 % interval.", "Dess 95-procentsintervalls övre gräns.", "points"),
    Column("gap_beside_all_points", "float64", "The gap minus that of all the municipality's pupils.", "Gapet minus det för kommunens alla elever.", "points"),
    # the naive comparison
    Column("pair_pupil_count", "int32", "Pupils of the grade this year.", "Elever i årskursen i år.", "pupils", (0, None)),
    Column("pair_previous_pupil_count", "int32", "Pupils of the grade last year: others.", "Elever i årskursen i fjol: andra elever.", "pupils", (0, None)),
    Column("naive_change", "float64", "This year's grade minus last year's: a share, or points of merit value.",
           "Årets årskurs minus fjolårets: en andel, eller meritvärdespoäng.", "share or points"),
    Column("naive_change_se", "float64", "What chance alone moves it by (standard error).", "Vad enbart slump flyttar den (medelfel).", "share or points", (0, None)),
    Column("is_beyond_threshold", "bool", "Whether the change is one that people take note of.", "Om förändringen är så stor att den brukar uppmärksammas."),
    Column("chance_beyond_threshold", "float64", "Probability of such a change where nothing has changed.", "Sannolikhet för en sådan förändring där inget ändrats.", "share 0..1", _SHARE),
    Column("is_beyond_chance", "bool", "Whether it differs from 0 at 5 % when all comparisons are counted (Holm).", "Om den skiljer sig från 0 på 5 % när alla jämförelser räknas (Holm)."),
    Column("threshold", "float64", "Change that people take note of: 0.10 of a share, 10 points of merit value.",
           "Förändring som brukar uppmärksammas: 0,10 av en andel, 10 meritvärdespoäng.", "share or points", (0, None)),
    Column("pair_count", "int32", "Pairs of years compared.", "Jämförda par av år.", "pairs", (0, None)),
    Column("beyond_threshold_count", "int32", "Pairs beyond the threshold.", "Par bortom tröskeln.", "pairs", (0, None)),
    Column("expected_by_chance", "float64", "Pairs that chance alone would move beyond it.", "Par som enbart slump skulle flytta bortom den.", "pairs", (0, None)),
    Column("beyond_chance_count", "int32", "Pairs told apart from chance.", "Par som skiljs från slump.", "pairs", (0, None)),
    Column("noise_share", "float64", "Share of the variation of changes that is chance.", "Andel av förändringarnas variation som är slump.", "share 0..1", _SHARE),
)  # fmt: skip
