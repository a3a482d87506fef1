-- Units that had pupils on the count date before and have none now, and that no register still lists as active.
select
    municipality_code,
    count_date,
    school_unit_code
from {{ ref("fct_unit_presence") }}
where had_pupils_before and not has_pupils and not coalesce(is_active_in_register, false)
