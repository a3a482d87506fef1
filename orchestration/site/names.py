"""Names that readers meet for components, lines and what is counted.

Belongs here: from published codes to words, the municipality's own names first. Does not: sentences (the catalogue).
"""

from __future__ import annotations

from orchestration.publication import model_words
from orchestration.school_forms import school_forms
from orchestration.site.reading import Book
from orchestration.site.speaking import Speaker

GRADE, GROUP, NATIONAL = "grade_", "group_", "national_"
_PREFIXES = sorted((f"{form.prefix}_" for form in school_forms().values() if form.prefix), key=len, reverse=True)
"""How component codes of other school forms begin, longest first."""


def component_name(speaker: Speaker, book: Book, code: str) -> str:
    """The name of a component: the municipality's, the published one, or its code as words."""
    if code in speaker.names:
        return speaker.names[code]
    if speaker.knows(f"component_{code}"):
        return str(speaker.say(f"component_{code}"))
    prefix = next((one for one in _PREFIXES if code.startswith(one)), None)
    if prefix is not None:
        return component_name(speaker, book, code.removeprefix(prefix))
    rows = book.of("dim_component", "component_code", code)
    name = rows[0].get(f"name_{speaker.language}") if rows else None
    return str(name or code).replace("_", " ")


def line_name(speaker: Speaker, component: str, line: str) -> str:
    """The name of a line within its component."""
    own = f"{component}.{line}"
    if own in speaker.names:
        return speaker.names[own]
    if line.startswith(GRADE):
        grade = line.removeprefix(GRADE)
        return str(speaker.say("line_grade_f") if grade in ("f", "F") else speaker.say("line_grade", grade=grade))
    for kind in (GROUP, NATIONAL):
        if line.startswith(kind):
            return str(speaker.say(f"line_{kind}of", group=group_name(speaker, line.removeprefix(kind))))
    return speaker.word("line", line)


def group_name(speaker: Speaker, group: str) -> str:
    """What people of another school form are priced by: age and hours, a track, a level; a programme by its code."""
    return speaker.word("group", group) if speaker.knows(f"group_{group}") else group.replace("_", " ").upper()


def unit_name(speaker: Speaker, count_unit: str) -> str:
    """What a count counts, in the plural."""
    return speaker.word("unit", count_unit)


def factor_name(speaker: Speaker, code: str) -> str:
    """A factor of the need model."""
    return model_words.factor(code, speaker.language).strip("`")


def level_name(speaker: Speaker, factor: str, code: str) -> str:
    """A level of a factor."""
    return model_words.level(factor, code, speaker.language).strip("`")


def model_name(speaker: Speaker, code: str) -> str:
    """A need model in a few words."""
    return model_words.model(code, speaker.language).strip("`")
