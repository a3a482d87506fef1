"""A home with an inbox, as the governance tests use it: pupil files go in, the door reads, everything can be looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.intake.door import DoorReport, read_deliveries
from orchestration.intake.inbox import MappingSet, Sweep, inbox, load_mapping_set, sweep
from orchestration.intake.pseudonym import demo_key
from orchestration.intake.store import Delivery, DeliveryStore

MAPPINGS = load_mapping_set(Path(__file__).parents[3] / "policies", municipality_codes=["9999"])
KEY, OTHER_KEY = demo_key(1), demo_key(2)
NOW = datetime(2026, 10, 20, 9, 30)
NAME = "elever_2026-10-15.csv"
PERIOD = "2026-10-15"
# The Tax Agency's test numbers: never issued to anybody.
ANNA, BO, CIA, DAN = "20200105-2394", "20200108-2383", "20200117-2390", "20200119-2398"
HEADER = "Personnummer;Skolenhetskod;Skolform;Årskurs;Startdatum;Slutdatum;Hemkommun;Id-typ"


def pupil(identity: str, *, unit: str = "99990001", grade: str = "F", more: str = "") -> str:
    return f"{identity};{unit};FKLASS;{grade};2026-08-17;;9999;pnr{more}"


def pupil_file(*rows: str, header: str = HEADER) -> bytes:
    return ("\n".join([header, *rows]) + "\n").encode("cp1252")


@dataclass
class Home:
    """A home on disk; `look` takes in what lies in the inbox and reads what is new."""

    path: Path
    mappings: MappingSet = field(default_factory=lambda: MAPPINGS)
    taken: Sweep | None = None

    def drop(self, content: bytes, name: str = NAME, *, at: float = 1.0) -> Path:
        path = inbox(self.path, municipality_code="9999") / name
        path.write_bytes(content)
        path.chmod(0o600)
        os.utime(path, (at, at))  # order of arrival is told, not raced
        return path

    def look(self, *, key: bytes | None = KEY, received: datetime = NOW, **settings) -> DoorReport:
        self.taken = sweep(self.path, mappings=self.mappings, received=received)
        return read_deliveries(self.path, mappings=self.mappings, key=key, **settings)

    @property
    def store(self) -> DeliveryStore:
        return DeliveryStore(self.path)

    def only(self) -> Delivery:
        (delivery,) = self.store.deliveries()
        return delivery

    def rows(self, source: str = "enrollment") -> list[dict]:
        folder = self.path / "pseudonymised" / "accepted" / source
        return [row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()]

    def ledger(self, name: str) -> list[dict]:
        return pq.read_table(self.path / "pseudonymised" / "accepted" / f"_{name}.parquet").to_pylist()

    def everything_in(self, *zones: str) -> str:
        """All that stands in some zones, Parquet read out cell by cell."""
        texts = []
        for zone in zones:
            for path in sorted((self.path / zone).rglob("*")):
                if path.suffix == ".parquet":
                    texts.append(str(pq.read_table(path).to_pylist()))
                if path.is_file():
                    texts.append(path.read_bytes().decode("utf-8", "replace"))
        return "\n".join(texts)
