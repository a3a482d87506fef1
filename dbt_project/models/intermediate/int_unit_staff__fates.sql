-- One row per accepted row of staff: what became of it. More certified teachers than teachers is a mistake of the
-- sender's that nobody can mend here.
with
known_units as (
    select distinct
        municipality_code,
        school_unit_code
    from {{ ref("int_school_units__observed") }}
),

staff as (
    select
        staff.delivery_id,
        staff.delivery_row_number,
        staff.school_unit_code,
        case
            when known_units.school_unit_code is null then 'unknown_unit'
            when staff.certified_posts > staff.teacher_posts then 'more_certified_than_teachers'
        end as rule_of_the_row
    from {{ ref("stg_municipality__unit_staff") }} as staff
    left join known_units
        on
            staff.municipality_code = known_units.municipality_code
            and staff.school_unit_code = known_units.school_unit_code
)

{{ fate_per_row("staff", keys=["school_unit_code"], excluded_rule="rule_of_the_row") }}
