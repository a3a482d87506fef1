select
    delivery_id,
    row_number as delivery_row_number,
    municipality_code,
    cast(extract(year from cast(period as date)) as integer) as accounts_year,
    organiser_code,
    school_unit_code,
    grant_code,
    purpose,
    coalesce(bought, 'not_told') as bought,
    cast(round(granted_sek * 100) as bigint) as granted_ore,
    cast(round(used_sek * 100) as bigint) as used_ore
from {{ source("accepted", "state_grants") }}
