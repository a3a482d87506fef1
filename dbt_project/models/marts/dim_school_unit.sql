-- Islands of equal attributes: a row begins where a unit is first seen or any attribute differs from the observation
-- before. A year in which the unit is not seen does not begin a new row.
{% set attributes = [
    "school_unit_name", "location_municipality_code", "location_municipality_name", "organiser_code",
    "organiser_name", "organiser_type", "basis",
] %}
with
observed as (
    select
        *,
        {%- for attribute in attributes %}
        lag({{ attribute }}) over (
            partition by municipality_code, school_unit_code order by count_date
        ) as previous_{{ attribute }},
        {%- endfor %}
        min(count_date) over (partition by municipality_code, school_unit_code) as first_count_date,
        max(count_date) over (partition by municipality_code, school_unit_code) as last_count_date
    from {{ ref("int_school_units__observed") }}
),

beginnings as (
    select
        *,
        lead(count_date) over (partition by municipality_code, school_unit_code order by count_date) as next_valid_from
    from observed
    where
        count_date = first_count_date
        {%- for attribute in attributes %}
        or {{ attribute }} is distinct from previous_{{ attribute }}
        {%- endfor %}
),

predecessors as (
    select
        successor_code as school_unit_code,
        {{ joined_list("predecessor_code") }} as predecessor_codes
    from {{ ref("int_school_units__succession") }}
    group by successor_code
),

successors as (
    select
        predecessor_code as school_unit_code,
        {{ joined_list("successor_code") }} as successor_codes
    from {{ ref("int_school_units__succession") }}
    group by predecessor_code
)

select
    beginnings.municipality_code
    || '-' || beginnings.school_unit_code
    || '-' || cast(beginnings.count_date as string) as school_unit_key,
    beginnings.municipality_code,
    beginnings.school_unit_code,
    beginnings.school_unit_name,
    beginnings.location_municipality_code,
    beginnings.location_municipality_name,
    beginnings.organiser_code,
    beginnings.organiser_name,
    beginnings.organiser_type,
    beginnings.count_date as valid_from,
    cast(beginnings.next_valid_from - interval '1' day as date) as valid_to,
    beginnings.first_count_date,
    beginnings.last_count_date,
    predecessors.predecessor_codes,
    successors.successor_codes,
    beginnings.basis
from beginnings
left join predecessors on beginnings.school_unit_code = predecessors.school_unit_code
left join successors on beginnings.school_unit_code = successors.school_unit_code
