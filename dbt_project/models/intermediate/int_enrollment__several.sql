-- One row per delivery and pupil with more than one accepted enrollment row in it: only they need a choice, and they
-- are few.
{% set keys = ["delivery_id", "pupil_key"] %}
select
    delivery_id,
    pupil_key
from {{ ref("stg_municipality__enrollment") }}
where {{ row_hash(keys) }} in {{ repeated_hashes(ref("stg_municipality__enrollment"), keys) }}
group by delivery_id, pupil_key
having count(*) > 1
