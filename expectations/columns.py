"""The dictionary of columns: each published column is described once, here.

Belongs here: name, type, unit, bounds, description in Swedish and English, source.
Does not: which table has which column (``expectations.contracts``), checks (``expectations.rules``).
From this dictionary come the data dictionary, the comments in DuckDB, the schema checks and ``docs/columns.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

TYPES = (
    "text",
    "int32",
    "int64",
    "bool",
    "date",
    "float64",
    "decimal(18,2)",
    "decimal(18,6)",
    "decimal(38,12)",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column, wherever it stands.

    Attributes
    ----------
    type : one of ``TYPES``
    unit : what one step of the value is ("pupils", "öre", "share 0..1", …); empty for codes and names
    bounds : smallest and largest allowed value, or None
    """

    name: str
    type: str
    en: str
    sv: str
    unit: str = ""
    bounds: tuple[float | None, float | None] | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"column {self.name}: unknown type {self.type!r}; one of {', '.join(TYPES)}")


_ALL = (
    # keys
    Column("municipality_code", "text", "Municipality whose policy decides and pays, four digits.",
           "Kommun vars policy beslutar och betalar, fyra siffror.", source="SCB, municipal codes"),
    Column("funding_year", "int32", "Calendar year that the money is for.", "Kalenderår som pengarna avser.", "year"),
    Column("school_unit_code", "text", "Code of the school unit in the national register (skolenhetskod).",
           "Skolenhetskod.", source="Skolverket, Skolenhetsregistret"),
    Column("school_form", "text", "School form; compulsory_school holds the preschool class and grades 1–9.",
           "Skolform; compulsory_school omfattar förskoleklass och årskurs 1–9."),
    Column("publication_id", "text", "Publication that the row belongs to: YEAR.REVISION.CORRECTION; YEAR.0.n is a proposal.",
           "Publicering som raden hör till: ÅR.REVISION.RÄTTELSE; ÅR.0.n är ett förslag."),
    Column("component_code", "text", "Component of the allocation, such as base_part or structural_part.",
           "Del av tilldelningen, till exempel base_part eller structural_part."),
    Column("line_code", "text", "Line within the component, such as grade_7.", "Rad inom delen, till exempel grade_7."),
    Column("rule_id", "text", "Rule in the register of rules.", "Regel i regelregistret."),
    Column("organiser_key", "text", "Key of the organiser; its organisation number where that may be shown.",
           "Huvudmannens nyckel; organisationsnumret där det får visas."),
    # school units and organisers
    Column("school_unit_name", "text", "Name of the school unit.", "Skolenhetens namn.", source="Skolverket or the municipality's register"),
    Column("location_municipality_code", "text", "Municipality where the unit lies.", "Lägeskommun."),
    Column("location_municipality_name", "text", "Name of that municipality.", "Lägeskommunens namn."),
    Column("organiser_code", "text", "Organisation number of the organiser; empty for sole traders.",
           "Huvudmannens organisationsnummer; tomt för enskilda näringsidkare."),
    Column("organiser_name", "text", "Name of the organiser (huvudman).", "Huvudmannens namn."),
    Column("organiser_type", "text", "municipal or independent; never an input to need or money.",
           "municipal (kommunal) eller independent (enskild); ingår varken i behov eller pengar."),
    Column("valid_from", "date", "First count date with these attributes.", "Första avläsningsdag med dessa uppgifter."),
    Column("valid_to", "date", "Last day with these attributes; empty while they hold.", "Sista dag med dessa uppgifter; tomt medan de gäller."),
    Column("predecessor_codes", "text", "Codes of the units that this one follows, comma separated.",
           "Skolenhetskoder som enheten efterträder, kommaseparerade."),
    Column("successor_codes", "text", "Codes of the units that follow this one, comma separated.",
           "Skolenhetskoder som efterträder enheten, kommaseparerade."),
    # the year
    Column("count_date", "date", "Later count date behind the year's index and money.", "Senare avläsningsdag bakom årets index och pengar."),
    Column("earlier_count_date", "date", "Earlier count date of the two-year mean.", "Tidigare avläsningsdag i tvåårsmedelvärdet."),
    Column("result_year_first", "int32", "First result year behind the need model.", "Första resultatår bakom behovsmodellen.", "year"),
    Column("result_year_last", "int32", "Last result year behind the need model.", "Sista resultatår bakom behovsmodellen.", "year"),
    # components
    Column("name_en", "text", "Name in English.", "Namn på engelska."),
    Column("name_sv", "text", "Name in Swedish.", "Namn på svenska."),
    Column("description_en", "text", "What it is, in English.", "Vad det är, på engelska."),
    Column("description_sv", "text", "What it is, in Swedish.", "Vad det är, på svenska."),
    Column("is_background_count", "bool", "Whether its lines count pupils of a background, which are shown from ten.",
           "Om raderna räknar elever med viss bakgrund, som visas från tio."),
    # need
    Column("basis", "text", "pupil_level, delivered_index or open_statistics; the last makes proposals only.",
           "pupil_level, delivered_index eller open_statistics; den sista ger bara förslag."),
    Column("pupil_count", "int32", "Pupils in the preschool class and grades 1–9 on the later count date.",
           "Elever i förskoleklass och årskurs 1–9 på den senare avläsningsdagen.", "pupils", (0, None)),
    Column("need_share", "float64", "Predicted share of the pupils not eligible for vocational programmes; empty for a delivered index.",
           "Beräknad andel elever som inte blir behöriga till yrkesprogram; tomt för ett levererat index.", "share 0..1", (0, 1)),
    Column("need_index", "float64", "Need share, or delivered index, over the municipality's mean, times 100; the pupil-weighted mean is 100.",
           "Behovsandel, eller levererat index, delad med kommunens medelvärde, gånger 100; det elevvägda medelvärdet är 100.", "index", (0, None)),
    Column("need_index_lower", "float64", "The index at the lower end of suppressed shares.",
           "Index vid den nedre gränsen för prickade andelar.", "index", (0, None)),
    Column("need_index_upper", "float64", "The index at the upper end of suppressed shares.",
           "Index vid den övre gränsen för prickade andelar.", "index", (0, None)),
    Column("index_rule", "text", "own, merged_group (small units) or municipal_mean (no composition or delivered value known).",
           "own (eget), merged_group (små enheter) eller municipal_mean (okänd sammansättning eller inget levererat värde)."),
    Column("index_withheld_because", "text", "Why the index is withheld: small_count where a small count of background would follow from it.",
           "Varför index inte visas: small_count där ett litet antal skulle följa av det."),
    Column("index_group_code", "text", "Group whose index the unit takes.", "Grupp vars index enheten får."),
    Column("is_under_index_minimum", "bool", "Whether the unit has too few pupils for an index of its own.",
           "Om enheten har för få elever för ett eget index."),
    Column("count_date_count", "int32", "Count dates behind the index: two, or one for a new unit.",
           "Antal avläsningsdagar bakom index: två, eller en för en ny enhet.", "dates", (1, 2)),
    Column("fit_id", "text", "Fit of the need model, or the delivered index, that made the number.",
           "Skattning av behovsmodellen, eller levererat index, som gett talet."),
    Column("term", "text", "Term of the need model.", "Term i behovsmodellen."),
    Column("factor", "text", "Factor that the term belongs to.", "Faktor som termen hör till."),
    Column("level", "text", "Level of the factor; empty for a slope on a share.", "Nivå i faktorn; tomt för en lutning på en andel."),
    Column("estimate", "float64", "Estimated coefficient.", "Skattad koefficient.", "log-odds"),
    Column("standard_error", "float64", "Standard error of the estimate.", "Skattningens medelfel.", "log-odds", (0, None)),
    Column("interval_lower", "float64", "Lower end of the 95 % interval.", "Nedre gräns för 95 %-intervallet.", "log-odds"),
    Column("interval_upper", "float64", "Upper end of the 95 % interval.", "Övre gräns för 95 %-intervallet.", "log-odds"),
    # what is known of the need index
    Column("need_index_standard_error", "float64", "Standard error of the index: how sure the weights are.",
           "Indexets medelfel: hur säkra vikterna är.", "index", (0, None)),
    Column("need_index_interval_lower", "float64", "Lower end of the 95 % interval of the index; null with open statistics.",
           "Nedre gräns för indexets 95 %-intervall; tomt med öppen statistik.", "index", (0, None)),
    Column("need_index_interval_upper", "float64", "Upper end of the 95 % interval of the index; null with open statistics.",
           "Övre gräns för indexets 95 %-intervall; tomt med öppen statistik.", "index", (0, None)),
    Column("index_contribution", "float64", "Index points that the factor adds; a unit's parts sum to its index minus 100.",
           "Indexpoäng som faktorn bidrar med; en enhets delar summerar till index minus 100.", "index"),
    Column("contribution_sek_per_pupil", "decimal(18,2)", "Kronor per pupil that the factor adds.",
           "Kronor per elev som faktorn bidrar med.", "kr per pupil"),
    Column("contribution_sek", "decimal(18,2)", "Kronor that the factor adds, before whole kronor are made of the sum.",
           "Kronor som faktorn bidrar med, innan summan görs till hela kronor.", "kr"),
    Column("level_share", "float64", "Share of pupils with the level, of those whose level is known.",
           "Andel elever med nivån, av dem vars nivå är känd.", "share 0..1", (0, 1)),
    Column("share_withheld_because", "text", "Why the share is withheld.", "Varför andelen inte visas."),
    Column("unit_count", "int32", "School units compared.", "Jämförda skolenheter.", "school units", (0, None)),
    Column("share_sd", "float64", "Spread of the units' shares, pupil-weighted standard deviation.",
           "Spridning i enheternas andelar, elevvägd standardavvikelse.", "share", (0, None)),
    Column("chance_sd", "float64", "Spread that chance alone would give.", "Spridning som slumpen ensam skulle ge.", "share", (0, None)),
    Column("systematic_sd", "float64", "Spread beyond chance.", "Spridning utöver slumpen.", "share", (0, None)),
    Column("dissimilarity", "float64", "Share of pupils with the level who would have to change school for equal shares.",
           "Andel elever med nivån som skulle behöva byta skola för lika andelar.", "share 0..1", (0, 1)),
    Column("chance_dissimilarity", "float64", "Dissimilarity that chance alone would give.",
           "Segregation som slumpen ensam skulle ge.", "share 0..1", (0, 1)),
    Column("spread_withheld_because", "text", "Why the spread is withheld.", "Varför spridningen inte visas."),
    Column("outcome_unit_count", "int32", "School units with results compared.", "Jämförda skolenheter med resultat.", "school units", (0, None)),
    Column("outcome_correlation", "float64", "Correlation over units of the level's share with the share not eligible.",
           "Samband mellan enheterna: nivåns andel och andelen ej behöriga.", "correlation", (-1, 1)),
    Column("correlation_withheld_because", "text", "Why the correlation is withheld.", "Varför sambandet inte visas."),
    Column("stable_unit_count", "int32", "School units with pupils at both count dates.",
           "Skolenheter med elever båda avläsningsdagarna.", "school units", (0, None)),
    Column("stability_correlation", "float64", "Correlation of the units' shares between the two latest count dates.",
           "Samband mellan enheternas andelar de två senaste avläsningsdagarna.", "correlation", (-1, 1)),
    Column("mean_absolute_change", "float64", "Mean change of a unit's share between the two count dates.",
           "Genomsnittlig förändring av en enhets andel mellan avläsningsdagarna.", "share", (0, None)),
    Column("stability_withheld_because", "text", "Why the stability is withheld.", "Varför stabiliteten inte visas."),
    Column("lowest_share", "float64", "Lowest share among units of at least 20 pupils.",
           "Lägsta andelen bland enheter med minst 20 elever.", "share 0..1", (0, 1)),
    Column("lowest_withheld_because", "text", "Why the lowest share is withheld.", "Varför den lägsta andelen inte visas."),
    Column("highest_share", "float64", "Highest share among units of at least 20 pupils.",
           "Högsta andelen bland enheter med minst 20 elever.", "share 0..1", (0, 1)),
    Column("highest_withheld_because", "text", "Why the highest share is withheld.", "Varför den högsta andelen inte visas."),
    Column("not_eligible_share", "float64", "Share of leavers at the level who were not eligible.",
           "Andel avgångselever med nivån som inte blev behöriga.", "share 0..1", (0, 1)),
    Column("outcome_withheld_because", "text", "Why the share not eligible is withheld.", "Varför andelen ej behöriga inte visas."),
    Column("missing_share", "float64", "Share of pupils whose level is not known.", "Andel elever vars nivå inte är känd.", "share 0..1", (0, 1)),
    Column("is_missing_flagged", "bool", "Whether more than a quarter is missing.", "Om mer än en fjärdedel saknas."),
    Column("flagged_unit_count", "int32", "School units with more than a quarter missing.",
           "Skolenheter där mer än en fjärdedel saknas.", "school units", (0, None)),
    Column("missing_withheld_because", "text", "Why the missing share is withheld.", "Varför bortfallet inte visas."),
    Column("degrees_of_freedom", "int32", "Levels compared, less one per factor.", "Jämförda nivåer, minus en per faktor.", "", (0, None)),
    Column("gvif", "float64", "Generalised variance inflation: how much of the factor the others tell.",
           "Generaliserad variansinflation: hur mycket av faktorn de andra redan säger.", "", (0, None)),
    Column("gvif_root", "float64", "The same on the scale of a single column.", "Samma på en enda kolumns skala.", "", (0, None)),
    Column("is_collinear", "bool", "Whether the factor nearly follows from the others.", "Om faktorn nästan följer av de andra."),
    Column("collinearity_withheld_because", "text", "Why the collinearity is withheld.", "Varför kollineariteten inte visas."),
    Column("other_factor", "text", "The factor it is compared with.", "Faktorn den jämförs med."),
    Column("cramers_v", "float64", "Cramér's V: 0 where two factors tell different things, 1 where they tell the same.",
           "Cramérs V: 0 när två faktorer säger olika saker, 1 när de säger samma.", "", (0, 1)),
    Column("withheld_because", "text", "Why the figure is withheld.", "Varför talet inte visas."),
    Column("step", "int32", "Step of the path; 0 is without factors.", "Steg på vägen; 0 är utan faktorer.", "", (0, None)),
    Column("factor_added", "text", "Factor that the step adds.", "Faktor som läggs till i steget."),
    Column("factor_count", "int32", "Factors after the step.", "Faktorer efter steget.", "factors", (0, None)),
    Column("is_core", "bool", "Whether the step belongs to the core that is never left out.", "Om steget hör till kärnan som aldrig utelämnas."),
    Column("deviance_school_folds", "float64", "Deviance on leavers of schools left out; lower is better.",
           "Devians för avgångselever vid utelämnade skolor; lägre är bättre.", "deviance", (0, None)),
    Column("paired_difference", "float64", "Difference to the best step per leaver, school by school.",
           "Skillnad mot bästa steget per avgångselev, skola för skola.", "deviance per leaver"),
    Column("paired_standard_error", "float64", "Standard error of that difference.", "Skillnadens medelfel.", "deviance per leaver", (0, None)),
    Column("is_minimum", "bool", "Whether the step has the lowest deviance.", "Om steget har lägst devians."),
    Column("is_within_one_se", "bool", "Whether the step is within one standard error of the best.", "Om steget ligger inom ett medelfel från det bästa."),
    Column("deviance_cohort_folds", "float64", "Deviance on cohorts left out.", "Devians för utelämnade årskullar.", "deviance", (0, None)),
    Column("cohort_paired_difference", "float64", "Difference to the best step per leaver, cohort by cohort.",
           "Skillnad mot bästa steget per avgångselev, årskull för årskull.", "deviance per leaver"),
    Column("cohort_paired_standard_error", "float64", "Standard error of that difference.", "Skillnadens medelfel.", "deviance per leaver", (0, None)),
    Column("is_cohort_minimum", "bool", "Whether the step has the lowest deviance on cohorts left out.", "Om steget har lägst devians för utelämnade årskullar."),
    Column("is_cohort_within_one_se", "bool", "Whether the step is within one standard error of it.", "Om steget ligger inom ett medelfel från det."),
    Column("pot_moved_by_factor_share", "float64", "Share of the pot that the step's factor moves.", "Andel av potten som stegets faktor flyttar.", "share 0..1", (0, 1)),
    Column("pot_from_full_share", "float64", "Share of the pot that lies elsewhere than with all factors.",
           "Andel av potten som ligger annorlunda än med alla faktorer.", "share 0..1", (0, 1)),
    Column("index_rmse_from_full", "float64", "Index points between the step and all factors.", "Indexpoäng mellan steget och alla faktorer.", "index", (0, None)),
    Column("is_recommended", "bool", "Whether the rule would keep the step's factor.", "Om regeln skulle behålla stegets faktor."),
    Column("model", "text", "Model that the index was computed by.", "Modell som index beräknats med."),
    Column("is_in_use", "bool", "Whether this is the model that steers the money.", "Om det är modellen som styr pengarna."),
    Column("model_a", "text", "First model compared.", "Första modellen i jämförelsen."),
    Column("model_b", "text", "Second model compared.", "Andra modellen i jämförelsen."),
    Column("misplaced_pot_share", "float64", "Share of the pot that lies with other units under the second model.",
           "Andel av potten som ligger hos andra enheter med den andra modellen.", "share 0..1", (0, 1)),
    Column("index_difference_rms", "float64", "Pupil-weighted root mean square difference of the index.",
           "Elevvägd effektiv skillnad mellan index.", "index", (0, None)),
    Column("units_changed_count", "int32", "School units whose total changes by more than 1 %.",
           "Skolenheter vars summa ändras mer än 1 %.", "school units", (0, None)),
    Column("change_share", "float64", "Largest change of the unit's total between any two of the models, of the larger total.",
           "Största ändringen av enhetens summa mellan två av modellerna, av den större summan.", "share -1..1", (-1, 1)),
    Column("total_a_sek", "decimal(18,2)", "The unit's total under the first model.", "Enhetens summa med den första modellen.", "kr"),
    Column("total_b_sek", "decimal(18,2)", "The unit's total under the second model.", "Enhetens summa med den andra modellen.", "kr"),
    Column("tenths", "text", "Tenths of the leavers by expected share, joined where fewer than ten outcomes stand behind.",
           "Tiondelar av avgångseleverna efter beräknad andel, sammanslagna där färre än tio utfall ligger bakom."),
    Column("leaver_count", "int32", "Leavers in the group.", "Avgångselever i gruppen.", "pupils", (0, None)),
    Column("observed_share", "float64", "Share that was not eligible.", "Andel som inte blev behörig.", "share 0..1", (0, 1)),
    Column("expected_share", "float64", "Share that the model expected.", "Andel som modellen räknade med.", "share 0..1", (0, 1)),
    # money: count × rate + rounding = amount
    Column("count", "decimal(18,6)", "What is counted on the line.", "Det som räknas på raden.", "see count_unit"),
    Column("count_unit", "text", "Unit of the count: pupils, or need_weighted_pupils (pupils × index / 100).",
           "Räkneenhet: pupils (elever) eller need_weighted_pupils (elever × index / 100)."),
    Column("rate_ore", "decimal(18,6)", "Rate per counted unit, the same for all school units.",
           "Belopp per räknad enhet, lika för alla skolenheter.", "öre"),
    Column("rounding_ore", "decimal(38,12)", "What rounding to whole kronor per component adds: count × rate + rounding = amount.",
           "Avrundning till hela kronor per del: antal × belopp + avrundning = summa.", "öre"),
    Column("amount_ore", "int64", "Amount for the year.", "Belopp för året.", "öre"),
    Column("payment_status", "text", "paid, or not_paid with a reason.", "paid (får pengar) eller not_paid (får inte) med skäl."),
    Column("reason_code", "text", "Why a unit is not paid.", "Varför en enhet inte får pengar."),
    Column("base_part_sek", "decimal(18,2)", "Base part: pupils × grade weight × rate.", "Grundresurs: elever × årskursvikt × belopp.", "kr"),
    Column("structural_part_sek", "decimal(18,2)", "Structural part: what follows the need index.", "Strukturtillägg: det som följer behovsindex.", "kr", (0, None)),
    Column("structural_part_lower_sek", "decimal(18,2)", "Structural part at the lower index, all else equal.",
           "Strukturtillägg vid det lägre indexet, allt annat lika.", "kr", (0, None)),
    Column("structural_part_upper_sek", "decimal(18,2)", "Structural part at the upper index, all else equal.",
           "Strukturtillägg vid det högre indexet, allt annat lika.", "kr", (0, None)),
    Column("ends_withheld_because", "text", "Why the ends of the structural part are empty: no_structural_part, not_payable_at_the_end or small_count.",
           "Varför gränserna för strukturtillägget är tomma: no_structural_part, not_payable_at_the_end eller small_count."),
    Column("need_parts_sek", "decimal(18,2)", "Structural part and amounts per head as one sum, where a small count would follow from the parts.",
           "Strukturtillägg och belopp per elev med viss bakgrund som en summa, där ett litet antal skulle följa av delarna.", "kr", (0, None)),
    Column("measure", "text", "The fact of the unit's location that the rate follows.", "Uppgiften om enhetens läge som beloppet följer."),
    Column("area_factor", "decimal(18,6)", "What the rate of all units is multiplied by at this unit.",
           "Det som beloppet, lika för alla enheter, multipliceras med för enheten.", "", (0, None)),
    Column("beside_sek", "decimal(18,2)", "Sum over all school units, outside the total; empty below ten individual decisions.",
           "Summa över alla skolenheter, utanför totalen; tom under tio individuella beslut.", "kr", (0, None)),
    Column("total_sek", "decimal(18,2)", "The unit's allocation for the year.", "Enhetens tilldelning för året.", "kr"),
    Column("total_per_pupil_sek", "decimal(18,2)", "The allocation over the pupils.", "Tilldelning per elev.", "kr per pupil"),
    Column("redistribution_sek", "decimal(18,2)", "Structural part minus an equal amount per pupil of the same pot.",
           "Strukturtillägg minus lika belopp per elev ur samma pott.", "kr"),
    # publication and rules
    Column("publication_status", "text", "proposal or decided.", "proposal (förslag) eller decided (beslut)."),
    Column("is_demo", "bool", "Whether the publication comes from a demonstration home.", "Om publiceringen kommer från en demonstration."),
    Column("policy_sha256", "text", "Hash of the policy's values for the year.", "Hash av policyns värden för året."),
    Column("content_sha256", "text", "Hash of the publication's content.", "Hash av publiceringens innehåll."),
    Column("school_unit_count", "int32", "School units in the publication.", "Skolenheter i publiceringen.", "school units", (0, None)),
    Column("paid_unit_count", "int32", "School units that are paid.", "Skolenheter som får pengar.", "school units", (0, None)),
    Column("severity", "text", "critical, warning or info.", "critical (spärr), warning (varning) eller info."),
    Column("failing_count", "int64", "Rows that break the rule; 0 where it holds.", "Rader som bryter mot regeln; 0 när den håller.", "rows", (0, None)),
)  # fmt: skip

COLUMNS: dict[str, Column] = {column.name: column for column in _ALL}
"""Every published column by name."""

if len(COLUMNS) != len(_ALL):
    raise ValueError("a column is described twice")
