"""Columns of the planning tables: forecasts, how good they have been, places and budgets.

Belongs here: their descriptions. Does not: columns of what is sealed (``expectations.columns``), where these are joined.
"""

from __future__ import annotations

from expectations.column import Column

PLANNING_COLUMNS: tuple[Column, ...] = (
    # planning
    Column("grade", "text", "F or 1-9; all is their sum.", "F eller 1–9; all är summan."),
    Column("horizon_years", "int32", "Years between the last count and the forecast one.",
           "År mellan senaste avläsningen och den prognosen gäller.", "years", (1, None)),
    Column("target_count_year", "int32", "Calendar year of the count that is forecast.",
           "Kalenderår för den avläsning som prognosen gäller.", "year"),
    Column("expected_count", "float64", "Expected pupils: an expectation with three decimals, not rounded to whole pupils.",
           "Väntat antal elever: ett väntevärde med tre decimaler, inte avrundat till hela elever.", "pupils", (0, None)),
    Column("interval_lower_count", "int32", "Lower end of the 95 % interval, whole pupils outward; empty until forecasts can be judged.",
           "95-procentsintervallets nedre gräns, hela elever utåt; tomt tills prognoser kan bedömas.", "pupils", (0, None)),
    Column("interval_upper_count", "int32", "Upper end of the 95 % interval, whole pupils outward.",
           "95-procentsintervallets övre gräns, hela elever utåt.", "pupils", (0, None)),
    Column("forecast_method", "text", "progression, or a naive forecast where that has been better: naive_same_grade, naive_previous_grade.",
           "progression, eller en naiv prognos där den varit bättre: naive_same_grade (samma årskurs i fjol), naive_previous_grade (årskursen under)."),
    Column("unit_state", "text", "continuing, newly_opened, succeeded (follows another code) or missing (fell out of the newest count).",
           "continuing (fortsätter), newly_opened (nyöppnad), succeeded (efterträder annan kod) eller missing (föll ur senaste avläsningen)."),
    Column("forecast_level", "text", "grade (of a unit), unit or municipality.", "grade (enhetens årskurs), unit (enhet) eller municipality (kommun)."),
    Column("origin_count", "int32", "Count dates that forecasts were made from.", "Avläsningsdagar som prognoser gjorts från.", "dates", (0, None)),
    Column("forecast_count", "int32", "Forecasts judged.", "Bedömda prognoser.", "forecasts", (0, None)),
    Column("pupil_sum", "float64", "Pupils that came, summed over the forecasts.", "Elever som kom, summerat över prognoserna.", "pupils", (0, None)),
    Column("absolute_error", "float64", "Absolute error, summed; over pupil_sum it is the weighted error.",
           "Absolutfel, summerat; delat med pupil_sum det vägda felet.", "pupils", (0, None)),
    Column("same_grade_error", "float64", "The same for last year's same grade.", "Detsamma för fjolårets samma årskurs.", "pupils", (0, None)),
    Column("previous_grade_error", "float64", "The same for the previous grade carried forward.", "Detsamma för årskursen under, framskriven.", "pupils", (0, None)),
    Column("relative_count", "int32", "Forecasts of counts above 0.", "Prognoser där utfallet var över 0.", "forecasts", (0, None)),
    Column("relative_error", "float64", "Error as a share of what came, summed over relative_count.",
           "Fel som andel av utfallet, summerat över relative_count.", "share", (0, None)),
    Column("same_grade_relative_error", "float64", "The same for last year's same grade.", "Detsamma för fjolårets samma årskurs.", "share", (0, None)),
    Column("previous_grade_relative_error", "float64", "The same for the previous grade carried forward.", "Detsamma för årskursen under, framskriven.", "share", (0, None)),
    Column("interval_count", "int32", "Forecasts with an interval measured on earlier errors.", "Prognoser med intervall mätt på tidigare fel.", "forecasts", (0, None)),
    Column("covered_count", "int32", "Of them, those whose interval held what came.", "Varav intervallet rymde utfallet.", "forecasts", (0, None)),
    Column("break_count_year", "int32", "Count year concerned.", "Avläsningsår.", "year"),
    Column("break_kind", "text", "year_missing, impossible_fall, impossible_rise, new_level, level_shift, basis_changed, unit_gap or unit_missing.",
           "year_missing (året saknas), impossible_fall (orimligt fall), impossible_rise (orimlig ökning), new_level (ny nivå), level_shift (språng), basis_changed (annat underlag), unit_gap (lucka) eller unit_missing (föll ur)."),
    Column("break_unit_code", "text", "School unit concerned; 'all' for the whole municipality.", "Skolenhet; 'all' för hela kommunen."),
    Column("break_pupil_count", "int32", "Pupils counted that year.", "Räknade elever det året.", "pupils", (0, None)),
    Column("compared_count", "float64", "Pupils that the count was compared with.", "Elever som jämförelsen gjordes mot.", "pupils", (0, None)),
    Column("place_count", "float64", "Places of the unit.", "Enhetens platser.", "places", (0, None)),
    Column("expected_surplus", "float64", "Expected places left over.", "Väntat överskott av platser.", "places", (0, None)),
    Column("expected_shortage", "float64", "Expected places too few.", "Väntad brist på platser.", "places", (0, None)),
    Column("shortage_probability", "float64", "How likely more pupils than places are; empty without an interval.",
           "Sannolikheten för fler elever än platser; tomt utan intervall.", "share 0..1", (0, 1)),
    Column("forecast_budget_sek", "decimal(18,2)", "Expected pupils at this year's amounts, composition held.",
           "Väntade elever till årets belopp, oförändrad sammansättning.", "kr", (0, None)),
    Column("forecast_budget_lower_sek", "decimal(18,2)", "The same at the lower end of the municipality's pupils.",
           "Detsamma vid den nedre gränsen för kommunens elever.", "kr", (0, None)),
    Column("forecast_budget_upper_sek", "decimal(18,2)", "The same at the upper end.", "Detsamma vid den övre gränsen.", "kr", (0, None)),
    Column("units_without_rates", "int32", "Units with expected pupils and no amounts this year; they take the mean.",
           "Enheter med väntade elever men utan belopp i år; de får medelvärdet.", "school units", (0, None)),
    Column("planned_pupil_count", "int32", "Whole pupils that add up to the rounded total.", "Hela elever som summerar till den avrundade totalen.", "pupils", (0, None)),
    Column("planned_need_index", "float64", "The unit's index, held and re-based on the planned pupils; 100 for a unit without one.",
           "Enhetens index, oförändrat och omräknat till planeringseleverna; 100 för en enhet utan index.", "index", (0, None)),
)  # fmt: skip
"""Columns of the tables that are kept for planning."""
