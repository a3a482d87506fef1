select
    delivery_id,
    row_number as delivery_row_number,
    municipality_code,
    cast(extract(year from cast(period as date)) as integer) as accounts_year,
    school_unit_code,
    account_number,
    cost_item,
    cast(round(amount_sek * 100) as bigint) as amount_ore
from {{ source("accepted", "unit_costs") }}
