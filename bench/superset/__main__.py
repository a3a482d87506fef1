"""``make superset``: Superset reads the demonstration, and its page is kept as a picture for the docs."""

from __future__ import annotations

from bench.claims.publication_superset import drawn_by_superset
from bench.homes import forget
from bench.screenshot import PICTURES


def main() -> None:
    """Measure, save the picture, say what was found. The exit code is non-zero where that is not what was sealed."""
    picture = PICTURES / "superset.png"
    try:
        found = drawn_by_superset(picture=picture)
    finally:
        forget()
    print(found.figure, found.reason, picture if found.holds else "")
    raise SystemExit(0 if found.holds else 1)


if __name__ == "__main__":
    main()
