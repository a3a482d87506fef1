-- One row per accepted row of state grants: what became of it. A grant stands at its organiser, and at a unit only
-- where the register has known that organiser to run it. A sole trader's number is a personal one, which the door
-- forgets.
with
run_by as (
    select distinct
        municipality_code,
        school_unit_code,
        organiser_code
    from {{ ref("int_school_units__observed") }}
),

known_units as (
    select distinct
        municipality_code,
        school_unit_code
    from run_by
),

grants as (
    select
        grants.delivery_id,
        grants.delivery_row_number,
        grants.organiser_code,
        grants.school_unit_code,
        grants.grant_code,
        grants.bought,
        case
            when grants.organiser_code is null then 'no_organiser'
            when grants.school_unit_code is not null and known_units.school_unit_code is null then 'unknown_unit'
            when grants.school_unit_code is not null and run_by.school_unit_code is null then 'other_organiser'
            when grants.used_ore > grants.granted_ore then 'more_used_than_granted'
        end as rule_of_the_row
    from {{ ref("stg_municipality__state_grants") }} as grants
    left join known_units
        on
            grants.municipality_code = known_units.municipality_code
            and grants.school_unit_code = known_units.school_unit_code
    left join run_by
        on
            grants.municipality_code = run_by.municipality_code
            and grants.school_unit_code = run_by.school_unit_code
            and grants.organiser_code = run_by.organiser_code
)

{{ fate_per_row(
    "grants", keys=["organiser_code", "school_unit_code", "grant_code", "bought"], excluded_rule="rule_of_the_row"
) }}
