-- One row per municipality, count date, school unit, grade and home municipality: the pupils that a month is paid by.
-- A count in July or August is of the autumn: who is enrolled on 31 August counts, whenever the file was made, since the
-- pupils who start then are entitled from 1 July (Skolförordningen 14 kap. 1 §). A pupil counts once, as in the fates.
-- august_pupil_count: of the pupils counted, those whose enrollment had begun by 31 August of the count's year.
with
enrollment as (
    select
        rows_of_files.*,
        cast(extract(year from rows_of_files.count_date) || '-08-31' as date) as autumn_day,
        case
            when extract(month from rows_of_files.count_date) in (7, 8)
                then cast(extract(year from rows_of_files.count_date) || '-08-31' as date)
            else rows_of_files.count_date
        end as entitled_day
    from {{ ref("stg_municipality__enrollment") }} as rows_of_files
    inner join {{ ref("int_deliveries__accepted") }} as deliveries
        on rows_of_files.delivery_id = deliveries.delivery_id
    where
        deliveries.is_newest
        and rows_of_files.school_form in ('preschool_class', 'compulsory_school')
),

in_force as (
    select
        *,
        row_number() over (
            partition by delivery_id, pupil_key
            order by valid_from desc, school_unit_code asc, delivery_row_number asc
        ) as place
    from enrollment
    where
        valid_from <= entitled_day
        and coalesce(valid_to >= entitled_day, true)
),

counted as (
    select
        municipality_code,
        count_date,
        school_unit_code,
        grade,
        home_municipality_code,
        1 as pupil_count,
        case when valid_from <= autumn_day then 1 else 0 end as august_pupil_count
    from in_force
    where place = 1
    union all
    select
        counts.municipality_code,
        counts.count_date,
        counts.school_unit_code,
        counts.grade,
        counts.municipality_code as home_municipality_code,
        counts.pupil_count,
        counts.pupil_count as august_pupil_count
    from {{ ref("stg_municipality__protected_counts") }} as counts
    inner join {{ ref("int_protected_counts__fates") }} as fates
        on
            counts.delivery_id = fates.delivery_id
            and counts.delivery_row_number = fates.delivery_row_number
    where fates.row_fate = 'used'
)

select
    municipality_code,
    count_date,
    school_unit_code,
    grade,
    home_municipality_code,
    cast(sum(pupil_count) as integer) as pupil_count,
    cast(sum(august_pupil_count) as integer) as august_pupil_count
from counted
group by municipality_code, count_date, school_unit_code, grade, home_municipality_code
