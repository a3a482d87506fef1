select
    municipality_code,
    result_year,
    school_unit_code,
    {{ need_factors() | join(",\n    ") }},
    cast(count(*) as bigint) as leaver_count,
    cast(sum(case when is_not_eligible then 1 else 0 end) as bigint) as not_eligible_count
from {{ ref("int_leavers__factors") }}
group by
    municipality_code,
    result_year,
    school_unit_code,
    {{ need_factors() | join(",\n    ") }}
