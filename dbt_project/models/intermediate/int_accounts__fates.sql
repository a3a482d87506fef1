-- One row per accepted row of costs, staff and state grants that does not count: what became of it. A unit that no
-- register has known at any time is left out and told; so is what cannot be true: more certified teachers than
-- teachers, more used than granted. A grant stands at its organiser, and at a unit only where the register has known
-- that organiser to run it. A sole trader's number is a personal one, which the door forgets.
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

delivered as (
    select
        delivery_id,
        delivery_row_number,
        municipality_code,
        school_unit_code,
        null as organiser_code,
        concat_ws(';', school_unit_code, account_number, cost_item) as row_key,
        null as impossible
    from {{ ref("stg_municipality__unit_costs") }}
    union all
    select
        delivery_id,
        delivery_row_number,
        municipality_code,
        school_unit_code,
        null as organiser_code,
        school_unit_code as row_key,
        case when certified_posts > teacher_posts then 'more_certified_than_teachers' end as impossible
    from {{ ref("stg_municipality__unit_staff") }}
    union all
    select
        delivery_id,
        delivery_row_number,
        municipality_code,
        school_unit_code,
        organiser_code,
        concat_ws(';', organiser_code, coalesce(school_unit_code, 'all'), grant_code, bought) as row_key,
        case
            when organiser_code is null then 'no_organiser'
            when used_ore > granted_ore then 'more_used_than_granted'
        end as impossible
    from {{ ref("stg_municipality__state_grants") }}
),

accounts as (
    select
        delivered.delivery_id,
        delivered.delivery_row_number,
        delivered.row_key,
        case
            when delivered.school_unit_code is not null and known_units.school_unit_code is null then 'unknown_unit'
            when
                delivered.school_unit_code is not null
                and delivered.organiser_code is not null
                and run_by.school_unit_code is null then 'other_organiser'
            else delivered.impossible
        end as rule_of_the_row
    from delivered
    left join known_units
        on
            delivered.municipality_code = known_units.municipality_code
            and delivered.school_unit_code = known_units.school_unit_code
    left join run_by
        on
            delivered.municipality_code = run_by.municipality_code
            and delivered.school_unit_code = run_by.school_unit_code
            and delivered.organiser_code = run_by.organiser_code
)

{{ fate_per_row("accounts", keys=["row_key"], excluded_rule="rule_of_the_row") }}
