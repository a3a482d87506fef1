-- One row per municipality, count date and unit: what the unit was called and who ran it then. The municipality's own
-- register where it has one for the date (units active that day), else Skolverket's export.
with
register as (
    select * from {{ ref("int_school_register__observed") }}
),

register_dates as (
    select distinct
        municipality_code,
        count_date
    from register
),

municipality_names as (
    select
        municipality_code,
        max(location_municipality_name) as location_municipality_name
    from {{ ref("int_skolverket_units__bounded") }}
    group by municipality_code
)

select
    register.municipality_code,
    register.count_date,
    register.school_unit_code,
    register.school_unit_name,
    register.location_municipality_code,
    municipality_names.location_municipality_name,
    register.organiser_code,
    register.organiser_name,
    register.organiser_type,
    'pupil_level' as basis
from register
left join municipality_names on register.location_municipality_code = municipality_names.municipality_code
where register.is_active
union all
select
    export.municipality_code,
    export.count_date,
    export.school_unit_code,
    export.school_unit_name,
    export.municipality_code as location_municipality_code,
    export.location_municipality_name,
    export.organiser_code,
    export.organiser_name,
    export.organiser_type,
    'open_statistics' as basis
from {{ ref("int_skolverket_units__bounded") }} as export
left join register_dates
    on
        export.municipality_code = register_dates.municipality_code
        and export.count_date = register_dates.count_date
where register_dates.count_date is null
