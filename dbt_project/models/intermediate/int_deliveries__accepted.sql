-- One row per accepted delivery. `is_newest`: the last accepted one of its source, municipality and period; a refused
-- later delivery does not take its place (the publication judges that, not the tables).
select
    delivery_id,
    source,
    municipality_code,
    period,
    accepted_rows,
    row_number() over (
        partition by source, municipality_code, period
        order by received_number desc, delivery_id asc
    ) = 1 as is_newest
from {{ ref("stg_door__deliveries") }}
where status = 'accepted'
