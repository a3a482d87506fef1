"""The need model in words: factors, levels, estimators and what else a reader of ``MODEL.md`` meets, in two languages.

Belongs here: words, keyed by the names that tables and records have. Does not: figures, layout.
"""

from __future__ import annotations

Words = dict[str, str]

FACTORS: dict[str, Words] = {
    "guardian_education": {"sv": "Vårdnadshavares utbildning", "en": "Guardians' education"},
    "immigration": {"sv": "Invandring", "en": "Immigration"},
    "household_income": {"sv": "Hushållets inkomst", "en": "Household income"},
    "area_type": {"sv": "Bostadsområde", "en": "Residential area"},
    "sex": {"sv": "Kön", "en": "Sex"},
    "econ_assistance": {"sv": "Ekonomiskt bistånd", "en": "Economic assistance"},
    "household": {"sv": "Hushåll", "en": "Household"},
    "siblings": {"sv": "Syskon", "en": "Siblings"},
}
"""Factors in the order in which they are shown."""

_MISSING = {"sv": "uppgift saknas", "en": "not known"}
_QUINTILE = {
    "quintile_5": {"sv": "högsta femtedelen", "en": "highest fifth"},
    "quintile_4": {"sv": "näst högsta femtedelen", "en": "second highest fifth"},
    "quintile_3": {"sv": "mellersta femtedelen", "en": "middle fifth"},
    "quintile_2": {"sv": "näst lägsta femtedelen", "en": "second lowest fifth"},
    "quintile_1": {"sv": "lägsta femtedelen", "en": "lowest fifth"},
}
_AREA = {
    "area_5": {"sv": "områdestyp 5 (bäst förutsättningar)", "en": "area type 5 (best conditions)"},
    "area_4": {"sv": "områdestyp 4", "en": "area type 4"},
    "area_3": {"sv": "områdestyp 3", "en": "area type 3"},
    "area_2": {"sv": "områdestyp 2", "en": "area type 2"},
    "area_1": {"sv": "områdestyp 1 (störst utmaningar)", "en": "area type 1 (greatest challenges)"},
}
LEVELS: dict[str, dict[str, Words]] = {
    "guardian_education": {
        "post_secondary_long": {"sv": "lång eftergymnasial", "en": "long post-secondary"},
        "post_secondary_short": {"sv": "kort eftergymnasial", "en": "short post-secondary"},
        "upper_secondary": {"sv": "gymnasial", "en": "upper secondary"},
        "compulsory": {"sv": "högst grundskola", "en": "compulsory school at most"},
    },
    "immigration": {
        "born_in_sweden": {"sv": "född i Sverige", "en": "born in Sweden"},
        "years_9_or_more": {"sv": "minst 9 år i Sverige", "en": "9 years or more in Sweden"},
        "years_4_to_8": {"sv": "4–8 år i Sverige", "en": "4–8 years in Sweden"},
        "years_0_to_3": {"sv": "högst 3 år i Sverige", "en": "3 years at most in Sweden"},
    },
    "household_income": _QUINTILE,
    "area_type": _AREA,
    "sex": {"girl": {"sv": "flicka", "en": "girl"}, "boy": {"sv": "pojke", "en": "boy"}},
    "econ_assistance": {"no": {"sv": "nej", "en": "no"}, "yes": {"sv": "ja", "en": "yes"}},
    "household": {
        "with_both": {"sv": "bor med båda vårdnadshavarna", "en": "lives with both guardians"},
        "not_with_both": {"sv": "bor inte med båda", "en": "does not live with both"},
    },
    "siblings": {
        "siblings_0_to_2": {"sv": "högst två syskon", "en": "two siblings at most"},
        "siblings_3_or_more": {"sv": "minst tre syskon", "en": "three siblings or more"},
    },
}
"""Levels of each factor but ``missing``, in the order in which they are shown."""

SHARES: dict[str, Words] = {
    "foreign_background_share": {"sv": "elever med utländsk bakgrund", "en": "pupils of foreign background"},
    "without_post_secondary_share": {
        "sv": "elever vars föräldrar saknar eftergymnasial utbildning",
        "en": "pupils whose parents have no post-secondary education",
    },
    "girl_share": {"sv": "flickor", "en": "girls"},
}
"""Terms of the model on open statistics."""

MODELS: dict[str, Words] = {
    "within_school": {"sv": "inom skolor", "en": "within schools"},
    "between_within": {"sv": "inom och mellan skolor", "en": "between and within schools"},
    "points": {"sv": "poäng", "en": "points"},
    "prior": {"sv": "givna vikter", "en": "given weights"},
    "prior_weighted": {"sv": "givna vikter och egna resultat", "en": "given weights and own results"},
    "pooled": {"sv": "utan hänsyn till skola (bara jämförelse)", "en": "without regard to school (comparison only)"},
    "latest_count_date": {"sv": "bara den senaste avläsningsdagen", "en": "the latest count date only"},
    "mean_of_three_count_dates": {"sv": "medelvärde av tre avläsningsdagar", "en": "mean of three count dates"},
    "with_composition_effect": {
        "sv": "med tillägg för skolkamraternas bakgrund",
        "en": "with an addition for schoolmates' background",
    },
}
"""Models in a few words, in the order in which they are shown."""

ESTIMATORS: dict[str, Words] = {
    "within_school": {
        "sv": "Elever jämförs med andra elever på samma skola. Hur bra skolan är, och pengar som redan verkar där, räknas "
        "därför inte som elevernas bakgrund.",
        "en": "Pupils are compared with other pupils at the same school. How good the school is, and money already at work "
        "there, is therefore not counted as the pupils' background.",
    },
    "between_within": {
        "sv": "Elever jämförs med andra elever på samma skola, på ett sätt som passar skolor med få avgångselever. Hur bra "
        "skolan är räknas därför inte som elevernas bakgrund.",
        "en": "Pupils are compared with other pupils at the same school, in a way that suits schools with few leavers. How "
        "good the school is is therefore not counted as the pupils' background.",
    },
    "points": {
        "sv": "Varje egenskap lägger till lika många procentenheter för alla elever, så att vem som helst kan räkna efter för "
        "hand. Elever jämförs med andra elever på samma skola.",
        "en": "Each characteristic adds the same number of percentage points for every pupil, so that anyone can add them up "
        "by hand. Pupils are compared with other pupils at the same school.",
    },
    "prior": {
        "sv": "Vikterna är hämtade ur en fil som policyn pekar ut. Inget är beräknat på nytt av årets resultat.",
        "en": "The weights come from a file that the policy names. Nothing is estimated anew from this year's results.",
    },
    "prior_weighted": {
        "sv": "Utgångspunkten är vikter från fler elever än kommunens egna. Kommunens egna resultat drar dem åt sitt håll, "
        "mer ju fler elever de bygger på.",
        "en": "The starting point is weights from more pupils than the municipality's own. Its own results draw them their "
        "way, the more the more pupils they rest on.",
    },
    "pooled": {
        "sv": "Alla elever jämförs med varandra utan hänsyn till skola. Skolornas kvalitet blandas då in i bakgrunden.",
        "en": "All pupils are compared with each other without regard to school. School quality then mixes into background.",
    },
}

RUNGS: dict[str, Words] = {
    "frozen_weights": {
        "sv": "Vikterna är frysta: de räknades fram tidigare och hålls kvar, så att index inte ändras bara för att modellen "
        "räknats om.",
        "en": "The weights are frozen: they were estimated earlier and are kept, so that no index changes only because the "
        "model was estimated again.",
    },
    "prior": {
        "sv": "Policyn anger vikter från flera kommuner tillsammans. De står på fler elever än kommunens egna.",
        "en": "The policy names weights from several municipalities together. They rest on more pupils than its own.",
    },
    "published_weights": {
        "sv": "Policyn anger publicerade vikter. Hur säkra de är har bara antagits.",
        "en": "The policy names published weights. How sure they are is only assumed.",
    },
    "own_results": {
        "sv": "Kommunens egna resultat är tillräckligt många för att bära egna vikter.",
        "en": "The municipality's own results are enough to carry weights of its own.",
    },
}

INTERVALS: dict[str, Words] = {
    "school_jackknife": {
        "sv": "Osäkerheten är mätt genom att utelämna en skola i taget.",
        "en": "The uncertainty is measured by leaving out one school at a time.",
    },
    "school_cluster": {
        "sv": "Osäkerheten är mätt mellan skolor.",
        "en": "The uncertainty is measured between schools.",
    },
    "approximate_posterior": {
        "sv": "Osäkerheten är ungefärlig; den är för liten om kommunen skiljer sig mycket från dem som vikterna kommer från.",
        "en": "The uncertainty is approximate; it is too small where the municipality differs much from those the weights "
        "come from.",
    },
    "as_delivered": {
        "sv": "Osäkerheten är den som följde med vikterna.",
        "en": "The uncertainty is what came with the weights.",
    },
}

LEFT_OUT: dict[str, Words] = {
    "alternatives": {"sv": "jämförelsen med andra modeller", "en": "the comparison with other models"},
    "atlas": {"sv": "skillnaderna mellan skolenheterna", "en": "the differences between school units"},
    "calibration": {"sv": "prövningen mot den senaste årskullen", "en": "the test against the last cohort"},
    "contributions": {"sv": "varje faktors del av index", "en": "each factor's part of the index"},
    "intervals": {"sv": "indexets osäkerhet", "en": "the uncertainty of the index"},
    "missing background": {"sv": "prövningen av saknad bakgrund", "en": "the test of background that is not known"},
    "newly arrived": {"sv": "vikterna för nyanlända", "en": "the weights of the newly arrived"},
    "replicates": {"sv": "de slumpade indexen", "en": "the replicates of the index"},
}
"""Parts of the evidence by the names under which the record tells that they are left out."""


def factor(name: str, lang: str) -> str:
    """A factor in words; one without words by its name."""
    return FACTORS[name][lang] if name in FACTORS else f"`{name}`"


def level(of: str, name: str, lang: str) -> str:
    """A level of a factor in words; one without words by its name."""
    if name == "missing":
        return _MISSING[lang]
    known = LEVELS.get(of, {})
    return known[name][lang] if name in known else f"`{name}`"


def model(name: str, lang: str) -> str:
    """A model in a few words; one without words by its name."""
    return MODELS[name][lang] if name in MODELS else f"`{name}`"


def place(of: str, name: str = "") -> tuple[int, int]:
    """Where a factor and its level stand: in the order of the words, the unknown ones last, ``missing`` after all."""
    factors, levels = list(FACTORS), [*LEVELS.get(of, {})]
    return (
        factors.index(of) if of in factors else len(factors),
        levels.index(name) if name in levels else len(levels) + (name == "missing"),
    )
