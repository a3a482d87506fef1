-- One row per delivery and pupil with more than one accepted enrollment row in it: only they need a choice, and they
-- are few.
select
    delivery_id,
    pupil_key
from {{ ref("stg_municipality__enrollment") }}
group by delivery_id, pupil_key
having count(*) > 1
