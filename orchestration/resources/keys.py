"""The key of the pseudonyms: from a file, or the demo's in a home marked as a demo.

Belongs here: which key a home uses. Does not: what is done with it (``orchestration.intake.pseudonym``).
"""

from orchestration.intake.pseudonym import load_key
from orchestration.settings import Settings


class KeyInDemoError(ValueError):
    """A real key has no business in a demonstration."""


def pseudonym_key(found: Settings) -> bytes | None:
    """The home's key, or None where no key is set (enough for files without identities).

    Raises WeakKeyError for a weak, missing or readable key file, and KeyInDemoError for a key file in a demo home.
    """
    if found.is_demo:
        if found.key_file is not None:
            raise KeyInDemoError(
                "this home is a demonstration and has a key of its own; unset LIKVARD_KEY_FILE or use another LIKVARD_HOME"
            )
        from orchestration.demo import key_of_the_demo

        return key_of_the_demo()
    return load_key(found.key_file) if found.key_file is not None else None
