-- One row per municipality, count date, school unit, grade and home municipality: the pupils that a month is paid by.
-- A count in July or August is of the autumn: who is enrolled on 31 August counts, whenever the file was made: pupils
-- who start then are entitled from 1 July (Skolförordningen 14 kap. 1 §). A pupil counts once, as in the fates.
-- august_pupil_count: pupils of an autumn's count where they were on 31 August. Who has changed school unit since then
-- counts at the unit of August: by an ended row of the same file, else by the latest file of July or August. Who came
-- after 31 August does not count.
-- A register that does not say where a pupil lives means its own municipality, as for a protected identity.
with
enrollment as (
    select
        rows_of_files.delivery_id,
        rows_of_files.delivery_row_number,
        rows_of_files.municipality_code,
        rows_of_files.count_date,
        rows_of_files.pupil_key,
        rows_of_files.school_unit_code,
        rows_of_files.grade,
        rows_of_files.valid_from,
        rows_of_files.valid_to,
        coalesce(rows_of_files.home_municipality_code, rows_of_files.municipality_code) as home_municipality_code,
        make_date(cast(extract(year from rows_of_files.count_date) as integer), 8, 31) as autumn_day,
        case
            when extract(month from rows_of_files.count_date) in (7, 8)
                then make_date(cast(extract(year from rows_of_files.count_date) as integer), 8, 31)
            else rows_of_files.count_date
        end as entitled_day
    from {{ ref("stg_municipality__enrollment") }} as rows_of_files
    inner join {{ ref("int_deliveries__accepted") }} as deliveries
        on rows_of_files.delivery_id = deliveries.delivery_id
    where
        deliveries.is_newest
        and rows_of_files.school_form in ('preschool_class', 'compulsory_school')
),

{%- for name, condition in [
    ("in_force", "enrollment.valid_from <= enrollment.entitled_day
        and coalesce(enrollment.valid_to >= enrollment.entitled_day, true)"),
    ("of_august", "extract(month from enrollment.count_date) >= 7
        and enrollment.valid_from <= enrollment.autumn_day
        and coalesce(enrollment.valid_to >= enrollment.autumn_day, true)"),
] %}

{{ name }} as (
    select
        enrollment.*,
        1 as place
    from enrollment
    where
        not exists (
            select 1
            from {{ ref("int_enrollment__several") }} as several
            where
                several.delivery_id = enrollment.delivery_id
                and several.pupil_key = enrollment.pupil_key
        )
        and {{ condition }}
    union all
    select
        enrollment.*,
        row_number() over (
            partition by enrollment.delivery_id, enrollment.pupil_key
            order by enrollment.valid_from desc, enrollment.school_unit_code asc, enrollment.delivery_row_number asc
        ) as place
    from enrollment
    inner join {{ ref("int_enrollment__several") }} as several
        on
            enrollment.delivery_id = several.delivery_id
            and enrollment.pupil_key = several.pupil_key
    where
        {{ condition }}
),
{%- endfor %}

of_summer as (
    select *
    from in_force
    where place = 1 and extract(month from count_date) in (7, 8)
),

changed_since as (
    select
        present.municipality_code,
        present.count_date,
        earlier.school_unit_code,
        earlier.grade,
        earlier.home_municipality_code,
        row_number() over (
            partition by present.delivery_id, present.pupil_key
            order by earlier.count_date desc
        ) as place
    from in_force as present
    inner join of_summer as earlier
        on
            present.municipality_code = earlier.municipality_code
            and present.pupil_key = earlier.pupil_key
            and present.autumn_day = earlier.autumn_day
    left join of_august
        on
            present.delivery_id = of_august.delivery_id
            and present.pupil_key = of_august.pupil_key
            and of_august.place = 1
    where
        present.place = 1
        and extract(month from present.count_date) >= 9
        and of_august.pupil_key is null
),

counted as (
    {%- for source, now, in_august in [("in_force", 1, 0), ("of_august", 0, 1), ("changed_since", 0, 1)] %}
    select
        municipality_code,
        count_date,
        school_unit_code,
        grade,
        home_municipality_code,
        {{ now }} as pupil_count,
        {{ in_august }} as august_pupil_count
    from {{ source }}
    where place = 1
    union all
    {%- endfor %}
    select
        counts.municipality_code,
        counts.count_date,
        counts.school_unit_code,
        counts.grade,
        counts.municipality_code as home_municipality_code,
        counts.pupil_count,
        case when extract(month from counts.count_date) >= 7 then counts.pupil_count else 0 end as august_pupil_count
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
