select
    municipality_code,
    result_year,
    school_unit_code,
    schooling_year,
    {{ need_factors() | join(",\n    ") }},
    cast(count(*) as bigint) as leaver_count,
    cast(sum(case when is_not_eligible then 1 else 0 end) as bigint) as not_eligible_count,
    cast(count(merit_value) as bigint) as merit_count,
    cast(sum(coalesce(round(merit_value * 10), 0)) as bigint) as merit_tenths_sum,
    cast(sum(coalesce(round(merit_value * 10) * round(merit_value * 10), 0)) as bigint) as merit_tenths_square_sum
from {{ ref("int_leavers__factors") }}
group by
    municipality_code,
    result_year,
    school_unit_code,
    schooling_year,
    {{ need_factors() | join(",\n    ") }}
