-- Rows of costs, staff and state grants that the follow-up leaves out: at a unit nobody knows or another organiser
-- runs, grants of nobody, more certified teachers than teachers, more used than granted. They are left out of every
-- year's follow-up, so there is no count date.
select
    deliveries.municipality_code,
    cast(null as date) as count_date,
    fates.delivery_id,
    fates.delivery_row_number
from {{ ref("int_accounts__fates") }} as fates
inner join {{ ref("int_deliveries__accepted") }} as deliveries on fates.delivery_id = deliveries.delivery_id
where fates.row_fate = 'excluded'
