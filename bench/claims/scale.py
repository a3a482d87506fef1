"""Claims of scale: from one municipality to a nation, and the same pipeline past one machine."""

from bench.claims import scale_spread

CLAIMS = scale_spread.CLAIMS
