"""Sentences that several pages share: whom to ask and until when, what state the publication is in.

Belongs here: words made from ``pages.yml`` and the publication's state. Does not: figures.
"""

from __future__ import annotations

from markupsafe import Markup

from orchestration.site.pages import Material


def whom_to_ask(material: Material) -> list[Markup]:
    """How to question what stands here; what the municipality has not said is told as missing."""
    speaker, pages = material.speaker, material.pages
    told = []
    if pages.contact is None:
        told.append(speaker.say("ask_nobody"))
    else:
        contact = pages.contact
        link = Markup('<a href="mailto:{0}">{0}</a>').format(contact.email)
        told.append(speaker.say("ask_contact", name=contact.name.told(speaker.language), email=link))
        if contact.phone:
            told.append(speaker.say("ask_phone", phone=contact.phone))
    until = pages.questions_until.get(material.year)
    if until is not None and not material.book.is_decided:
        told.append(speaker.say("ask_until", day=speaker.day(until)))
    return told


def state_of(material: Material) -> Markup:
    """What the publication is, in one line; it stands at the top of every page."""
    book, say = material.book, material.speaker.say
    if book.is_decided:
        told = say("state_decided", reference=book.seal.get("decision") or "–")
    else:
        told = say("state_proposal")
    if book.seal["is_demo"]:
        told = Markup("{} {}").format(told, say("state_demo"))
    if book.manifest["recorded"]["policy"]["is_example"]:
        told = Markup("{} {}").format(told, say("state_example"))
    return told
