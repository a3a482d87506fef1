-- The door's number of accepted rows beside what became of them here: rows that were read and do not count have a fate,
-- the others are used. Whether a municipality's own data stand in for Skolverket's is no fate of a row: it is decided
-- per municipality and date, after the delivery is used.
{% set staged = {
    "int_enrollment__fates": ["stg_municipality__enrollment"],
    "int_background__fates": ["stg_municipality__background"],
    "int_results__fates": ["stg_municipality__results"],
    "int_protected_counts__fates": ["stg_municipality__protected_counts"],
    "int_delivered_index__fates": ["stg_municipality__delivered_index"],
    "int_school_register__fates": ["stg_municipality__school_register"],
    "int_subject_results__fates": ["stg_municipality__subject_results"],
    "int_accounts__fates": ["stg_municipality__unit_costs", "stg_municipality__unit_staff", "stg_municipality__state_grants"],
    "int_form_units__fates": ["stg_municipality__form_units"],
    "int_form_enrollment__fates": ["stg_municipality__form_enrollment"],
    "int_skolverket_enrollment__fates": ["stg_skolverket__enrollment"],
    "int_skolverket_results__fates": ["stg_skolverket__results"],
} %}
with
read_rows as (
    {%- for models in staged.values() %}
    {%- set is_last_source = loop.last %}
    {%- for model in models %}
    select
        delivery_id,
        count(*) as row_count
    from {{ ref(model) }}
    group by delivery_id
    {%- if not (loop.last and is_last_source) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}
),

fates as (
    {%- for fate in staged %}
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
        sum(case when row_fate = 'superseded' then 1 else 0 end) as superseded_rows,
        sum(case when row_fate = 'duplicate' then 1 else 0 end) as duplicate_rows,
        sum(case when row_fate = 'excluded' then 1 else 0 end) as excluded_rows,
        count(*) as row_count
    from fates
    group by delivery_id
)

select
    deliveries.delivery_id,
    deliveries.source,
    deliveries.municipality_code,
    deliveries.period,
    deliveries.accepted_rows,
    cast(coalesce(read_rows.row_count, 0) - coalesce(counts.row_count, 0) as integer) as used_rows,
    cast(coalesce(counts.superseded_rows, 0) as integer) as superseded_rows,
    cast(coalesce(counts.duplicate_rows, 0) as integer) as duplicate_rows,
    cast(coalesce(counts.excluded_rows, 0) as integer) as excluded_rows
from {{ ref("int_deliveries__accepted") }} as deliveries
left join read_rows on deliveries.delivery_id = read_rows.delivery_id
left join counts on deliveries.delivery_id = counts.delivery_id
