-- The door's number of accepted rows beside what became of them here. Whether a municipality's own data stand in for
-- Skolverket's is no fate of a row: it is decided per municipality and date, after the delivery is used.
{% set fates = [
    "int_enrollment__fates", "int_background__fates", "int_results__fates", "int_protected_counts__fates",
    "int_delivered_index__fates", "int_school_register__fates", "int_subject_results__fates", "int_accounts__fates",
    "int_form_units__fates", "int_form_enrollment__fates", "int_skolverket_enrollment__fates",
    "int_skolverket_results__fates",
] %}
with
fates as (
    {%- for fate in fates %}
    select
        delivery_id,
        row_fate
    from {{ ref(fate) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

counts as (
    select
        delivery_id,
        sum(case when row_fate = 'used' then 1 else 0 end) as used_rows,
        sum(case when row_fate = 'superseded' then 1 else 0 end) as superseded_rows,
        sum(case when row_fate = 'duplicate' then 1 else 0 end) as duplicate_rows,
        sum(case when row_fate = 'excluded' then 1 else 0 end) as excluded_rows
    from fates
    group by delivery_id
)

select
    deliveries.delivery_id,
    deliveries.source,
    deliveries.municipality_code,
    deliveries.period,
    deliveries.accepted_rows,
    cast(coalesce(counts.used_rows, 0) as integer) as used_rows,
    cast(coalesce(counts.superseded_rows, 0) as integer) as superseded_rows,
    cast(coalesce(counts.duplicate_rows, 0) as integer) as duplicate_rows,
    cast(coalesce(counts.excluded_rows, 0) as integer) as excluded_rows
from {{ ref("int_deliveries__accepted") }} as deliveries
left join counts on deliveries.delivery_id = counts.delivery_id
