-- One row per accepted row of costs: what became of it. A unit that no register has known at any time is left out
-- and told.
with
known_units as (
    select distinct
        municipality_code,
        school_unit_code
    from {{ ref("int_school_units__observed") }}
),

costs as (
    select
        costs.delivery_id,
        costs.delivery_row_number,
        costs.school_unit_code,
        costs.account_number,
        costs.cost_item,
        case when known_units.school_unit_code is null then 'unknown_unit' end as rule_of_the_row
    from {{ ref("stg_municipality__unit_costs") }} as costs
    left join known_units
        on
            costs.municipality_code = known_units.municipality_code
            and costs.school_unit_code = known_units.school_unit_code
)

{{ fate_per_row("costs", keys=["school_unit_code", "account_number", "cost_item"], excluded_rule="rule_of_the_row") }}
