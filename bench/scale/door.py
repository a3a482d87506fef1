"""``python -m bench.scale.door MUNICIPALITIES``: the nation's first municipalities through the door's own reader.

Prints one JSON line with the CPU seconds of reading delivered files and writing accepted rows; making the worlds that deliver
them is left out. Peak memory holds those worlds too.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from bench.nation.plan import YEARS, of_size
from bench.nation.write import delivered_bytes, write_municipality


def read(municipalities: int) -> dict[str, object]:
    """Read every file of so many municipalities: CPU seconds, bytes of the files, accepted rows."""
    seconds, size, rows = 0.0, 0, 0
    with tempfile.TemporaryDirectory(prefix="likvard-door-") as folder:
        for municipality in of_size(municipalities):
            size += delivered_bytes(municipality, years=YEARS)
            started = time.process_time()
            outcomes = write_municipality(municipality, home=Path(folder), years=YEARS)
            seconds += time.process_time() - started
            rows += sum(outcome.counts.accepted_rows for outcome in outcomes)
    return {"seconds": {"door": seconds}, "bytes": size, "rows": rows}


if __name__ == "__main__":
    print(json.dumps(read(int(sys.argv[1]))))
