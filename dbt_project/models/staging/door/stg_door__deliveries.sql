select
    delivery_id,
    source,
    municipality_code,
    period,
    received_number,
    status,
    refusal_code,
    physical_rows,
    header_rows,
    blank_rows,
    accepted_rows,
    rejected_rows,
    is_latest
from {{ source("door", "_deliveries") }}
