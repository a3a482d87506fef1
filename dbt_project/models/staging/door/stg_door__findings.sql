select
    delivery_id,
    source,
    municipality_code,
    period,
    reason_code,
    severity,
    row_count
from {{ source("door", "_findings") }}
