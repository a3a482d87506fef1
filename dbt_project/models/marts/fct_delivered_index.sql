-- The index that a municipality has ordered, as it was delivered: neither re-based nor turned round.
select
    delivered.municipality_code,
    delivered.count_date,
    delivered.school_unit_code,
    delivered.index_value,
    delivered.delivered_pupil_count
from {{ ref("stg_municipality__delivered_index") }} as delivered
inner join {{ ref("int_delivered_index__fates") }} as fates
    on
        delivered.delivery_id = fates.delivery_id
        and delivered.delivery_row_number = fates.delivery_row_number
where fates.row_fate = 'used'
