-- Units that the delivered register lists as active on a count date and that have no pupils there.
select
    municipality_code,
    count_date,
    school_unit_code
from {{ ref("fct_unit_presence") }}
where is_active_in_register and not has_pupils
