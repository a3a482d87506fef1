"""Columns of payment lines.

Belongs here: their descriptions. Does not: columns of what is sealed (``expectations.columns``), where these are joined.
"""

from __future__ import annotations

from expectations.column import Column

PAYMENT_COLUMNS: tuple[Column, ...] = (
    Column("payment_month", "int32", "Month of the funding year that the line is for, 1 to 12.",
           "Månad i bidragsåret som raden avser, 1 till 12.", "month", (1, 12)),
    Column("line_sequence", "int32", "0 for the original line, then 1, 2, … for its corrections in the order of release.",
           "0 för originalraden, sedan 1, 2, … för dess rättelser i den ordning de släppts.", "lines", (0, None)),
    Column("annual_ore", "int64", "A year's amount at the month's pupils, of which the month has its twelfth.",
           "Årsbelopp vid månadens elever, varav månaden har sin tolftedel.", "öre"),
    Column("month_pupil_count", "int32", "Pupils at the unit that month whose home is the municipality; in a claim those of the municipality that it is sent to.",
           "Elever vid enheten den månaden med kommunen som hemkommun; i en fordran de från kommunen som den skickas till.", "pupils", (0, None)),
    Column("month_count_date", "date", "Count that the month is settled by.", "Avläsning som månaden räknas efter."),
    Column("count_basis", "text", "counted (the month's own count), provisional (until the autumn's is taken) or carried_forward (the file was late).",
           "counted (månadens egen avläsning), provisional (tills höstens är gjord) eller carried_forward (filen var sen)."),
    Column("reason_type", "text", "month (paid when due), recount, late_file, autumn_register, provisional_count, budget_change, revised_publication, "
           "supplement, agreement, opening, closure, succession, split, merge or organiser_change.",
           "month (betald i tid), recount (ny räkning), late_file (sen fil), autumn_register (höstens register), provisional_count (tills vidare), "
           "budget_change (budgetändring), revised_publication (ändrad publicering), supplement (tilläggsbelopp), agreement (mellan kommuner), opening (start), closure (nedläggning), "
           "succession (efterträdare), split (delning), merge (sammanslagning) eller organiser_change (ny huvudman)."),
    Column("reason_reference", "text", "Event, budget change or publication that the reason names.",
           "Händelse, budgetändring eller publicering som skälet avser."),
    Column("run_id", "text", "Payment run that wrote the line: YEAR-MONTH.n; month 13 closes the year.",
           "Utbetalningskörning som skrev raden: ÅR-MÅNAD.n; månad 13 stänger året."),
    Column("paid_publication_id", "text", "Decided publication that the amount follows.", "Beslutad publicering som beloppet följer."),
    Column("payee_kind", "text", "own, independent, other_municipality (its unit is paid) or home_municipality (a claim on it: amounts below 0).",
           "own (egen enhet), independent (enskild), other_municipality (annan kommuns enhet betalas) eller home_municipality (fordran på hemkommunen: belopp under 0)."),
)  # fmt: skip
"""Columns of the payment ledger."""
