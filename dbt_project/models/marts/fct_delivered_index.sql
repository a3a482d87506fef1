-- The index that a municipality has ordered, as it was delivered: neither re-based nor turned round.
select
    delivered.municipality_code,
    delivered.count_date,
    delivered.school_unit_code,
    delivered.index_value,
    delivered.delivered_pupil_count
from {{ used_rows(ref("stg_municipality__delivered_index"), ref("int_delivered_index__fates")) }} as delivered
