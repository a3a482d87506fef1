-- One row per municipality, count date, school unit, grade and home municipality: the pupils that a month is paid by.
-- A count in July or August is of the autumn: who is enrolled on 31 August counts (`int_enrollment__months`). A pupil
-- counts once, as in the fates.
-- august_pupil_count: pupils of an autumn's count where they were on 31 August. Who has changed school unit since then
-- counts at the unit of August: by an ended row of the same file, else by the latest file of July or August. Who came
-- after 31 August does not count.
-- A pupil with protected identity lives in the register's own municipality.
with
-- Of a pupil with several rows in a file, one counts.
chosen_of_several as (
    select
        municipality_code,
        count_date,
        delivery_id,
        pupil_key,
        school_unit_code,
        grade,
        home_municipality_code,
        is_in_force and row_number() over (
            partition by delivery_id, pupil_key, is_in_force
            order by valid_from desc, school_unit_code asc, delivery_row_number asc
        ) = 1 as counts_now,
        is_of_august and row_number() over (
            partition by delivery_id, pupil_key, is_of_august
            order by valid_from desc, school_unit_code asc, delivery_row_number asc
        ) = 1 as counts_in_august
    from {{ rows_of_several(ref("int_enrollment__months")) }} as enrollment
),

-- Looked up by delivery: most homes have none of the summer.
of_summer as (
    select
        enrollment.*,
        row_number() over (
            partition by enrollment.delivery_id, enrollment.pupil_key
            order by enrollment.valid_from desc, enrollment.school_unit_code asc, enrollment.delivery_row_number asc
        ) as place
    from {{ ref("int_enrollment__months") }} as enrollment
    inner join {{ ref("int_deliveries__accepted") }} as deliveries
        on enrollment.delivery_id = deliveries.delivery_id
    where enrollment.is_in_force and substr(deliveries.period, 6, 2) in ('07', '08')
),

-- Who is here in the autumn and was not on 31 August by the same file, with what a file of that summer says.
changed_since as (
    select
        present.municipality_code,
        present.count_date,
        of_summer.school_unit_code,
        of_summer.grade,
        of_summer.home_municipality_code,
        row_number() over (
            partition by present.delivery_id, present.pupil_key
            order by of_summer.count_date desc
        ) as place
    from {{ ref("int_enrollment__months") }} as present
    inner join of_summer
        on
            present.municipality_code = of_summer.municipality_code
            and present.pupil_key = of_summer.pupil_key
            and present.autumn_day = of_summer.autumn_day
            and of_summer.place = 1
    left join chosen_of_several as here_in_august
        on
            present.delivery_id = here_in_august.delivery_id
            and present.pupil_key = here_in_august.pupil_key
            and here_in_august.counts_in_august
    where
        extract(month from present.count_date) >= 9
        and present.is_in_force
        and not present.is_of_august
        and here_in_august.pupil_key is null
),

counted as (
    select
        municipality_code,
        count_date,
        school_unit_code,
        grade,
        home_municipality_code,
        case when is_in_force then 1 else 0 end as pupil_count,
        case when is_of_august then 1 else 0 end as august_pupil_count
    from {{ rows_of_one(ref("int_enrollment__months")) }} as enrollment
    where is_in_force or is_of_august
    union all
    select
        municipality_code,
        count_date,
        school_unit_code,
        grade,
        home_municipality_code,
        case when counts_now then 1 else 0 end as pupil_count,
        case when counts_in_august then 1 else 0 end as august_pupil_count
    from chosen_of_several
    where counts_now or counts_in_august
    union all
    select
        municipality_code,
        count_date,
        school_unit_code,
        grade,
        home_municipality_code,
        0 as pupil_count,
        1 as august_pupil_count
    from changed_since
    where place = 1
    union all
    select
        counts.municipality_code,
        counts.count_date,
        counts.school_unit_code,
        counts.grade,
        counts.municipality_code as home_municipality_code,
        counts.pupil_count,
        case when extract(month from counts.count_date) >= 7 then counts.pupil_count else 0 end as august_pupil_count
    from {{ used_rows(ref("stg_municipality__protected_counts"), ref("int_protected_counts__fates")) }} as counts
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
