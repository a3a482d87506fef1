-- One row per municipality, count date and pupil with a used background row: the eight factors as levels.
-- A value outside its scale is 'missing', never a neighbouring level; no immigration year means born in Sweden.
with
background as (
    select
        background.*,
        extract(year from background.count_date) - background.immigration_year as years_in_sweden
    from {{ ref("stg_municipality__background") }} as background
    inner join {{ ref("int_background__fates") }} as fates
        on
            background.delivery_id = fates.delivery_id
            and background.delivery_row_number = fates.delivery_row_number
    where fates.row_fate = 'used'
)

select
    municipality_code,
    count_date,
    pupil_key,
    {{ banded_factors() }}
from background
