"""Swedish labels of the published columns: what a column is called where people read Swedish.

Belongs here: one short label per column, unique, so that it can name a column of a view. They are promises like the names.
Does not: what a column means (``expectations.columns``).
"""

from __future__ import annotations

_LABELS = {
    # keys
    "municipality_code": "Kommunkod",
    "funding_year": "Bidragsår",
    "school_unit_code": "Skolenhetskod",
    "school_form": "Skolform",
    "publication_id": "Publicering",
    "component_code": "Delkod",
    "line_code": "Radkod",
    "rule_id": "Regel",
    "organiser_key": "Huvudmannanyckel",
    # school units and organisers
    "school_unit_name": "Skolenhet",
    "location_municipality_code": "Lägeskommunkod",
    "location_municipality_name": "Lägeskommun",
    "organiser_code": "Huvudmannens organisationsnummer",
    "organiser_name": "Huvudman",
    "organiser_type": "Typ av huvudman",
    "valid_from": "Gäller från",
    "valid_to": "Gäller till",
    "predecessor_codes": "Efterträder skolenhetskoder",
    "successor_codes": "Efterträds av skolenhetskoder",
    # the year
    "count_date": "Avläsningsdag",
    "earlier_count_date": "Tidigare avläsningsdag",
    "result_year_first": "Första resultatår",
    "result_year_last": "Sista resultatår",
    # components
    "name_en": "Namn på engelska",
    "name_sv": "Namn på svenska",
    "description_en": "Beskrivning på engelska",
    "description_sv": "Beskrivning på svenska",
    # need
    "basis": "Underlag",
    "pupil_count": "Antal elever",
    "need_share": "Beräknad andel ej behöriga",
    "need_index": "Behovsindex",
    "need_index_lower": "Behovsindex vid nedre gräns",
    "need_index_upper": "Behovsindex vid övre gräns",
    "index_rule": "Indexregel",
    "index_group_code": "Indexgrupp",
    "is_under_index_minimum": "För få elever för eget index",
    "count_date_count": "Antal avläsningsdagar",
    "fit_id": "Skattning",
    "term": "Term",
    "factor": "Faktor",
    "level": "Nivå",
    "estimate": "Koefficient",
    "standard_error": "Medelfel",
    "interval_lower": "Intervallets nedre gräns",
    "interval_upper": "Intervallets övre gräns",
    # what is known of the need index
    "need_index_standard_error": "Behovsindexets medelfel",
    "need_index_interval_lower": "Behovsindexets intervall, nedre gräns",
    "need_index_interval_upper": "Behovsindexets intervall, övre gräns",
    "index_contribution": "Bidrag i indexpoäng",
    "contribution_sek_per_pupil": "Bidrag per elev (kr)",
    "contribution_sek": "Bidrag (kr)",
    "level_share": "Andel elever med nivån",
    "share_withheld_because": "Andelen visas inte för att",
    "unit_count": "Jämförda skolenheter",
    "share_sd": "Andelarnas spridning",
    "chance_sd": "Spridning av slump",
    "systematic_sd": "Spridning utöver slump",
    "dissimilarity": "Segregation",
    "chance_dissimilarity": "Segregation av slump",
    "spread_withheld_because": "Spridningen visas inte för att",
    "outcome_unit_count": "Skolenheter med resultat",
    "outcome_correlation": "Samband med andel ej behöriga",
    "correlation_withheld_because": "Sambandet visas inte för att",
    "stable_unit_count": "Skolenheter båda avläsningsdagarna",
    "stability_correlation": "Samband mellan avläsningsdagarna",
    "mean_absolute_change": "Genomsnittlig förändring",
    "stability_withheld_because": "Stabiliteten visas inte för att",
    "lowest_share": "Lägsta andel",
    "lowest_withheld_because": "Lägsta andelen visas inte för att",
    "highest_share": "Högsta andel",
    "highest_withheld_because": "Högsta andelen visas inte för att",
    "not_eligible_share": "Andel ej behöriga",
    "outcome_withheld_because": "Andelen ej behöriga visas inte för att",
    "missing_share": "Bortfall",
    "is_missing_flagged": "Stort bortfall",
    "flagged_unit_count": "Skolenheter med stort bortfall",
    "missing_withheld_because": "Bortfallet visas inte för att",
    "degrees_of_freedom": "Frihetsgrader",
    "gvif": "Variansinflation",
    "gvif_root": "Variansinflation per kolumn",
    "is_collinear": "Följer nästan av andra faktorer",
    "collinearity_withheld_because": "Kollineariteten visas inte för att",
    "other_factor": "Andra faktorn",
    "cramers_v": "Cramérs V",
    "withheld_because": "Visas inte för att",
    "step": "Steg",
    "factor_added": "Tillagd faktor",
    "factor_count": "Antal faktorer",
    "is_core": "Hör till kärnan",
    "deviance_school_folds": "Devians, utelämnade skolor",
    "paired_difference": "Skillnad mot bästa steget, skolor",
    "paired_standard_error": "Skillnadens medelfel, skolor",
    "is_minimum": "Lägst devians, skolor",
    "is_within_one_se": "Inom ett medelfel, skolor",
    "deviance_cohort_folds": "Devians, utelämnade årskullar",
    "cohort_paired_difference": "Skillnad mot bästa steget, årskullar",
    "cohort_paired_standard_error": "Skillnadens medelfel, årskullar",
    "is_cohort_minimum": "Lägst devians, årskullar",
    "is_cohort_within_one_se": "Inom ett medelfel, årskullar",
    "pot_moved_by_factor_share": "Andel av potten som faktorn flyttar",
    "pot_from_full_share": "Andel av potten som ligger annorlunda",
    "index_rmse_from_full": "Indexpoäng från alla faktorer",
    "is_recommended": "Faktorn behålls enligt regeln",
    "model": "Modell",
    "is_in_use": "Används",
    "model_a": "Modell A",
    "model_b": "Modell B",
    "misplaced_pot_share": "Andel av potten hos andra enheter",
    "index_difference_rms": "Effektiv skillnad mellan index",
    "units_changed_count": "Skolenheter som ändras mer än 1 %",
    "change_share": "Största ändring av summan",
    "total_a_sek": "Summa med modell A (kr)",
    "total_b_sek": "Summa med modell B (kr)",
    "tenths": "Tiondelar",
    "leaver_count": "Antal avgångselever",
    "observed_share": "Utfall, andel",
    "expected_share": "Beräknad andel",
    # money
    "count": "Antal",
    "count_unit": "Räkneenhet",
    "rate_ore": "Belopp per enhet (öre)",
    "rounding_ore": "Avrundning (öre)",
    "amount_ore": "Summa (öre)",
    "payment_status": "Får pengar",
    "reason_code": "Skäl",
    "base_part_sek": "Grundresurs (kr)",
    "structural_part_sek": "Strukturtillägg (kr)",
    "structural_part_lower_sek": "Strukturtillägg vid nedre gräns (kr)",
    "structural_part_upper_sek": "Strukturtillägg vid övre gräns (kr)",
    "total_sek": "Tilldelning (kr)",
    "total_per_pupil_sek": "Tilldelning per elev (kr)",
    "redistribution_sek": "Omfördelning (kr)",
    # publication and rules
    "publication_status": "Publiceringens status",
    "is_demo": "Demonstration",
    "policy_sha256": "Policyns hash",
    "content_sha256": "Innehållets hash",
    "school_unit_count": "Antal skolenheter",
    "paid_unit_count": "Antal skolenheter som får pengar",
    "severity": "Allvar",
    "failing_count": "Rader som bryter mot regeln",
}


def swedish_label(name: str) -> str:
    """The Swedish label of a column; of a kronor column derived from öre where the öre column has the label.

    Raises ValueError for a column without one.
    """
    if name in _LABELS:
        return _LABELS[name]
    in_ore = name.removesuffix("_sek") + "_ore"
    if name.endswith("_sek") and in_ore in _LABELS:
        return _LABELS[in_ore].replace("(öre)", "(kr)")
    raise ValueError(f"column {name} has no Swedish label; add one to expectations/labels.py")


def labelled() -> frozenset[str]:
    """Columns that have a label of their own."""
    return frozenset(_LABELS)
