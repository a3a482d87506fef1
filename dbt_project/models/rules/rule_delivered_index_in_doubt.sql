-- Delivered indices that tell no unit from another, or whose highest value is more than 25 times the lowest: 0.9 and 90
-- in one file are two scales. One row per count date, since no single unit is the one at fault.
select
    municipality_code,
    count_date
from {{ ref("fct_delivered_index") }}
group by municipality_code, count_date
having count(*) > 1 and (min(index_value) = max(index_value) or max(index_value) > 25 * min(index_value))
