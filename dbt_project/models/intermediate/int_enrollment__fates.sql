-- One row per accepted enrollment row that does not count: what became of it.
-- A pupil's only row of a delivery needs no choice; choices are made among the rows of those with several.
-- A pupil counts once, where the pupil was last enrolled: the latest valid_from, then the lowest unit code.
{% set rule_of_the_row %}
case
    when enrollment.school_form not in ('preschool_class', 'compulsory_school') then 'other_school_form'
    when enrollment.valid_from > enrollment.count_date or enrollment.valid_to < enrollment.count_date
        then 'not_valid_on_count_date'
end
{% endset %}
with
rows_of_several as (
    select
        enrollment.delivery_id,
        enrollment.delivery_row_number,
        enrollment.pupil_key,
        enrollment.school_unit_code,
        enrollment.grade,
        enrollment.valid_from,
        {{ rule_of_the_row }} as rule_of_the_row
    from {{ rows_of_several(ref("stg_municipality__enrollment")) }} as enrollment
),

fates_of_several as (
    {{ fate_per_row(
        "rows_of_several", keys=["pupil_key", "school_unit_code", "grade"], excluded_rule="rule_of_the_row"
    ) }}
),

choices as (
    select
        delivery_id,
        delivery_row_number,
        row_number() over (
            partition by delivery_id, pupil_key
            order by valid_from desc, school_unit_code asc, delivery_row_number asc
        ) as place
    from {{ used_rows("rows_of_several", "fates_of_several") }} as used
)

select
    delivery_id,
    delivery_row_number,
    row_fate,
    excluded_rule
from fates_of_several
union all
select
    delivery_id,
    delivery_row_number,
    'excluded' as row_fate,
    'pupil_counted_elsewhere' as excluded_rule
from choices
where place > 1
union all
select
    enrollment.delivery_id,
    enrollment.delivery_row_number,
    case when not coalesce(deliveries.is_newest, false) then 'superseded' else 'excluded' end as row_fate,
    {{ rule_of_the_row }} as excluded_rule
from {{ rows_of_one(ref("stg_municipality__enrollment")) }} as enrollment
left join {{ ref("int_deliveries__accepted") }} as deliveries
    on enrollment.delivery_id = deliveries.delivery_id
where not coalesce(deliveries.is_newest, false) or {{ rule_of_the_row }} is not null
