-- Every unit that has pupils, had pupils at the count date before, or is active in the register: so that a unit that
-- falls out of a file still has a row that says so, even where a whole municipality falls out of an export.
-- Of the year's counts: the count date before is last October, whatever months were delivered in between.
with
units as (
    select
        municipality_code,
        count_date,
        school_unit_code,
        basis,
        pupil_count
    from {{ ref("fct_school_factors") }}
    where {{ is_yearly_count("count_date") }}
),

register as (
    select
        municipality_code,
        count_date,
        school_unit_code,
        is_active
    from {{ ref("int_school_register__observed") }}
),

register_dates as (
    select distinct
        municipality_code,
        count_date
    from register
),

open_municipalities as (
    select
        municipality_code,
        min(count_date) as first_count_date
    from {{ ref("int_skolverket_units__bounded") }}
    group by municipality_code
),

open_dates as (
    select distinct count_date
    from {{ ref("int_skolverket_units__bounded") }}
),

calendar as (
    select
        municipality_code,
        count_date,
        coalesce(max(basis), 'open_statistics') as basis,
        lag(count_date) over (partition by municipality_code order by count_date) as previous_count_date
    from (
        select
            municipality_code,
            count_date,
            basis
        from units
        union all
        select
            open_municipalities.municipality_code,
            open_dates.count_date,
            cast(null as string) as basis
        from open_municipalities
        inner join open_dates on open_municipalities.first_count_date <= open_dates.count_date
    ) as dates
    group by municipality_code, count_date
),

before as (
    select
        calendar.municipality_code,
        calendar.count_date,
        units.school_unit_code
    from calendar
    inner join units
        on
            calendar.municipality_code = units.municipality_code
            and calendar.previous_count_date = units.count_date
    where units.pupil_count > 0
),

expected as (
    select
        municipality_code,
        count_date,
        school_unit_code
    from units
    union
    select
        municipality_code,
        count_date,
        school_unit_code
    from before
    union
    select
        municipality_code,
        count_date,
        school_unit_code
    from register
    where is_active
)

select
    expected.municipality_code,
    expected.count_date,
    expected.school_unit_code,
    calendar.basis,
    case when register_dates.count_date is not null then coalesce(register.is_active, false) end
        as is_active_in_register,
    coalesce(units.pupil_count, 0) > 0 as has_pupils,
    before.school_unit_code is not null as had_pupils_before,
    coalesce(units.pupil_count, 0) as pupil_count
from expected
inner join calendar
    on
        expected.municipality_code = calendar.municipality_code
        and expected.count_date = calendar.count_date
left join units
    on
        expected.municipality_code = units.municipality_code
        and expected.count_date = units.count_date
        and expected.school_unit_code = units.school_unit_code
left join before
    on
        expected.municipality_code = before.municipality_code
        and expected.count_date = before.count_date
        and expected.school_unit_code = before.school_unit_code
left join register
    on
        expected.municipality_code = register.municipality_code
        and expected.count_date = register.count_date
        and expected.school_unit_code = register.school_unit_code
left join register_dates
    on
        expected.municipality_code = register_dates.municipality_code
        and expected.count_date = register_dates.count_date
