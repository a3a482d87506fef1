"""Words for acts in what is published: kinds of revision, roles, states of waivers, homes and severities of rules.

Belongs here: Swedish and English for codes. Does not: sentences (the templates).
"""

from __future__ import annotations

_REVISIONS = {
    None: ("första beslutade publiceringen för året", "the year's first decided publication"),
    "R1": ("R1: bättre underlag", "R1: better source data"),
    "R2": ("R2: löpande omräkning", "R2: routine recalculation"),
    "R3": ("R3: bättre metod", "R3: improved method"),
    "C": ("C: rättelse av fel", "C: correction of an error"),
}
_ROLES = {
    "official": ("tjänsteman", "official"),
    "controller": ("controller", "controller"),
    "board": ("nämnd", "board"),
}
_WAIVERS = {
    "in_force": ("godtagen", "waived"),
    "missing": ("inte godtagen", "not waived"),
    "expired": ("godtagandet har gått ut", "the waiver has expired"),
    "exceeded": ("fler rader än vad som godtagits", "more rows than were accepted"),
    "not_entitled": ("namnet får inte godta", "the name may not waive"),
    "unneeded": ("behövs inte, regeln håller", "not needed, the rule holds"),
}
_SEVERITIES = {
    "critical": ("spärr", "critical"),
    "warning": ("varning", "warning"),
    "info": ("upplysning", "note"),
}
_HOMES = {
    "door": ("Mottagningen: går varje rad att redovisa?", "The door: can every row be accounted for?"),
    "dbt": ("Tabellerna: stämmer underlaget?", "The tables: is the material right?"),
    "gx": (
        "Rimlighet: är innehållet troligt mot historik och fördelning?",
        "Plausibility: is the content likely, given history and distribution?",
    ),
    "rule": ("Pengar och behov: håller sambanden?", "Money and need: do the identities hold?"),
    "payment": ("Utbetalningen: får just denna körning betalas?", "The payment: may exactly this run be paid?"),
    "gate": ("Publiceringen: får just detta innehåll gå ut?", "The publication: may exactly this content go out?"),
}


def revision(revision_type: str | None, lang: str) -> str:
    """What kind of revision a decided publication is."""
    return _in(_REVISIONS[revision_type], lang)


def role(name: str, lang: str) -> str:
    """A role of the roles file."""
    return _in(_ROLES[name], lang)


def waiver(state: str, lang: str) -> str:
    """What a waiver does, or that there is none."""
    return _in(_WAIVERS[state], lang)


def severity(name: str, lang: str) -> str:
    """How much a rule weighs."""
    return _in(_SEVERITIES[name], lang)


def home(name: str, lang: str) -> str:
    """What the rules of one home ask."""
    return _in(_HOMES[name], lang)


def _in(words: tuple[str, str], lang: str) -> str:
    return words[0 if lang == "sv" else 1]
