"""Columns of the key figures: costs, staffing, state grants, pass-through, equity over the years, the similar.

Belongs here: their descriptions. Does not: columns of what is sealed (``expectations.columns``), where these are joined.
"""

from __future__ import annotations

from expectations.column import Column

_SHARE = (0, 1)
_FROM_0 = (0, None)
_RATIO = "ratio"

KEY_FIGURE_COLUMNS: tuple[Column, ...] = (
    # accounts
    Column("accounts_year", "int32", "Calendar year of the accounts.", "Räkenskapsår.", "year"),
    Column("cost_item", "text", "Statutory cost type; all = their sum; outside_base_amount = what the base amount is not for; teacher_posts = teachers per 100 pupils.",
           "Kostnadsslag; all = deras summa; outside_base_amount = sådant som grundbeloppet inte avser; teacher_posts = lärare per 100 elever.", source="Skolförordningen 14 kap. 4 §"),
    Column("money_pupil_count", "int32", "Pupils on the 15 October before the year, which the year's money is for.",
           "Elever den 15 oktober före året, som årets pengar avser.", "pupils", _FROM_0),
    Column("cost_sek", "decimal(18,2)", "Cost by the ledger.", "Kostnad enligt redovisningen.", "kr", _FROM_0),
    Column("cost_per_pupil_sek", "decimal(18,2)", "The same per pupil; empty under ten.", "Detsamma per elev; tomt under tio.", "kr per pupil", _FROM_0),
    Column("cost_share", "float64", "Share of the unit's costs; empty outside the base amount.", "Andel av enhetens kostnader; tomt utanför grundbeloppet.", "share 0..1", _SHARE),
    Column("unit_allocated_sek", "decimal(18,2)", "What the unit was allocated that year by the ledger, or else by this home's tables of that funding year; beside the sum of costs only.",
           "Vad enheten tilldelades det året enligt redovisningen, annars enligt detta hems tabeller för bidragsåret; bara vid kostnadernas summa.", "kr", _FROM_0),
    Column("unit_allocated_per_pupil_sek", "decimal(18,2)", "The same per pupil; empty under ten.", "Detsamma per elev; tomt under tio.", "kr per pupil", _FROM_0),
    Column("spent_of_allocated", "float64", "Costs over what was allocated.", "Kostnader delat med tilldelat.", _RATIO, _FROM_0),
    # staffing
    Column("teacher_posts", "float64", "Teachers in full-time posts over the year; empty under five.", "Lärare i heltidstjänster under året; tomt under fem.", "posts", _FROM_0),
    Column("teachers_per_100_pupils", "float64", "Teachers' posts per 100 pupils.", "Lärartjänster per 100 elever.", "posts per 100 pupils", _FROM_0),
    Column("pupils_per_teacher", "float64", "Pupils per teacher's post.", "Elever per lärartjänst.", "pupils per post", _FROM_0),
    Column("certified_share", "float64", "Share of the posts held by certified teachers; empty under ten posts, where it would be of persons.",
           "Andel av tjänsterna med legitimerade lärare; tomt under tio tjänster, där den skulle gälla personer.", "share 0..1", _SHARE),
    Column("staffing_state", "text", "told, or why not: few_pupils (under ten), few_teachers (under five posts), share_withheld (under ten posts: only the certified share).",
           "told (redovisas), eller varför inte: few_pupils (under tio), few_teachers (under fem tjänster), share_withheld (under tio tjänster: bara andelen legitimerade)."),
    # state grants
    Column("grant_code", "text", "State grant, such as knowledge_grant (Kunskapsbidraget).", "Statsbidrag, till exempel knowledge_grant (Kunskapsbidraget)."),
    Column("bought", "text", "What it bought, from a closed list; not_told where the sender does not tell.", "Vad det användes till, ur en sluten lista; not_told där avsändaren inte säger."),
    Column("grant_purpose", "text", "What the grant is for.", "Vad bidraget är till för."),
    Column("granted_sek", "decimal(18,2)", "Granted by the state for the purchase.", "Beviljat av staten för ändamålet.", "kr", _FROM_0),
    Column("used_sek", "decimal(18,2)", "Used by the end of the year.", "Använt vid årets slut.", "kr", _FROM_0),
    Column("not_used_sek", "decimal(18,2)", "Granted and not used; may have to be paid back.", "Beviljat och inte använt; kan behöva betalas tillbaka.", "kr", _FROM_0, source="SFS 2018:49"),
    Column("grant_of_allocated", "float64", "Granted over the municipality's own money of the unit: beside it, never added.", "Beviljat delat med kommunens egna pengar till enheten: bredvid, aldrig adderat.", _RATIO, _FROM_0),
    # pass-through
    Column("pass_estimate", "float64", "Kronor of the cost type per krona allocated, or posts per 100 pupils and 1 000 kr, within units and years.",
           "Kronor av kostnadsslaget per tilldelad krona, eller tjänster per 100 elever och 1 000 kr, inom enheter och år.", "kr per kr"),
    Column("pass_standard_error", "float64", "Its standard error (CR2).", "Dess medelfel (CR2).", "kr per kr", _FROM_0),
    Column("pass_degrees_of_freedom", "float64", "Degrees of freedom (Bell-McCaffrey).", "Frihetsgrader (Bell-McCaffrey).", "", _FROM_0),
    Column("pass_lower", "float64", "Lower end of its 95 % interval.", "Nedre gräns för dess 95 %-intervall.", "kr per kr"),
    Column("pass_upper", "float64", "Upper end of its 95 % interval.", "Övre gräns för dess 95 %-intervall.", "kr per kr"),
    Column("pass_verdict", "text", "arrives (the interval holds 1, not 0), part_arrives, beyond, does_not_arrive (holds 0, not 1), cannot_be_determined (holds both); teachers: arrives where it lies above 0.",
           "arrives (intervallet rymmer 1, inte 0), part_arrives (en del), beyond (mer), does_not_arrive (rymmer 0, inte 1), cannot_be_determined (rymmer båda); lärare: arrives där det ligger över 0."),
    Column("pass_unit_count", "int32", "School units with two years or more.", "Skolenheter med minst två år.", "school units", _FROM_0),
    Column("accounts_year_first", "int32", "First year of accounts.", "Första räkenskapsår.", "year"),
    Column("accounts_year_last", "int32", "Last year of accounts.", "Sista räkenskapsår.", "year"),
    # equity
    Column("equity_basis", "text", "ledger: allocated by the accounts, need of every year by this year's weights; tables: computed in this home, need of its own year.",
           "ledger: tilldelat enligt redovisningen, behovet alla år med årets vikter; tables: beräknat i detta hem, behovet för sitt eget år."),
    Column("money_year", "int32", "Calendar year of the money.", "Pengarnas kalenderår.", "year"),
    Column("money_gini", "float64", "Gini coefficient of kronor per pupil: it rises when money follows need, so read it beside need_gini.",
           "Ginikoefficient för kronor per elev: den stiger när pengar följer behov, så läs den bredvid need_gini.", "", _SHARE, source="Gini 1914"),
    Column("money_concentration", "float64", "The same with units ordered by need; below 0 when money goes to low need.",
           "Detsamma med enheter ordnade efter behov; under 0 när pengarna går till lågt behov.", "", (-1, 1)),
    Column("need_gini", "float64", "Gini coefficient of need.", "Ginikoefficient för behovet.", "", _SHARE),
    Column("kakwani", "float64", "Concentration of money minus Gini of need: below 0 money rises less than proportionally to need.",
           "Pengarnas koncentration minus behovets gini: under 0 stiger pengarna mindre än proportionellt mot behovet.", "", (-2, 2), source="Kakwani 1977"),
    Column("theil", "float64", "Theil's index of kronor per pupil, 0 equal.", "Theils index för kronor per elev, 0 lika.", "", _FROM_0, source="Theil 1967"),
    Column("redistributed_share", "float64", "Share of the money (all of it, or a school form's) that an equal amount per person would put elsewhere.", "Andel av pengarna (alla, eller en skolforms) som ett lika belopp per person skulle lägga på annat håll.", "share 0..1", _SHARE),
    Column("slope_per_100_points_sek", "float64", "Kronor per pupil that 100 index points go with; empty where need does not vary.", "Kronor per elev som 100 indexpoäng följs av; tomt där behovet inte varierar.", "kr per pupil"),
    Column("elasticity", "float64", "Per cent more money per pupil with one per cent more need.", "Procent mer pengar per elev vid en procent mer behov.", ""),
    Column("p90_to_p10", "float64", "Kronor per pupil at the 90th over the 10th percentile of pupils.", "Kronor per elev vid 90:e över 10:e percentilen av eleverna.", _RATIO, _FROM_0),
    Column("highest_to_lowest", "float64", "Highest over lowest kronor per pupil, units of 20 pupils or more.", "Högsta över lägsta kronor per elev, enheter från 20 elever.", _RATIO, _FROM_0),
    *(
        Column(f"coverage_fifth_{k}", "float64", f"Money over a share in proportion to need, fifth {k} of the pupils (1 = neediest).",
               f"Pengar delat med en andel i proportion till behovet, femtedel {k} av eleverna (1 = störst behov).", _RATIO, _FROM_0)
        for k in range(1, 6)
    ),
    # the similar
    Column("unit_figure", "text", "cost_per_pupil_sek, teaching_per_pupil_sek, teachers_per_100_pupils or certified_share.",
           "cost_per_pupil_sek (kostnad per elev), teaching_per_pupil_sek (undervisning per elev), teachers_per_100_pupils (lärare per 100 elever) eller certified_share (andel legitimerade)."),
    Column("kolada_figure", "text", "Kolada's code of the figure, per cent: N15428 eligible, N15813 certified teachers, N15030 teachers with a degree.",
           "Koladas kod för nyckeltalet, procent: N15428 behöriga, N15813 legitimerade lärare, N15030 lärare med examen.", source="Kolada"),
    Column("figure_year", "int32", "Year of the figure.", "Nyckeltalets år.", "year"),
    Column("compared_value", "float64", "The figure of the unit or municipality itself.", "Enhetens eller kommunens egen siffra.", "as the figure"),
    Column("similar_count", "int32", "Similar ones with a figure.", "Liknande med en siffra.", "", _FROM_0),
    Column("similar_median", "float64", "Median of the similar; empty without any.", "De likas median; tomt utan några.", "as the figure"),
    Column("similar_lower", "float64", "Lower quartile of the similar.", "De likas nedre kvartil.", "as the figure"),
    Column("similar_upper", "float64", "Upper quartile of the similar.", "De likas övre kvartil.", "as the figure"),
    Column("similar_codes", "text", "Who they are, most similar first: units by pupils and need index, municipalities by pupils F–9 and parents' education.",
           "Vilka de är, mest lika först: enheter efter elever och behovsindex, kommuner efter elever F–9 och föräldrars utbildning."),
)  # fmt: skip
