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

in_force as (
    select
        enrollment.*,
        valid_from <= entitled_day and coalesce(valid_to >= entitled_day, true) as is_in_force,
        extract(month from count_date) >= 7
        and valid_from <= autumn_day
        and coalesce(valid_to >= autumn_day, true) as is_of_august
    from enrollment
),

rows_of_several as (
    select in_force.*
    from in_force
    inner join {{ ref("int_enrollment__several") }} as several
        on
            in_force.delivery_id = several.delivery_id
            and in_force.pupil_key = several.pupil_key
),

-- Of a pupil with one row, the row itself says all there is.
judged as (
    select
        municipality_code,
        count_date,
        delivery_id,
        pupil_key,
        school_unit_code,
        grade,
        home_municipality_code,
        autumn_day,
        is_in_force as counts_now,
        is_of_august as counts_in_august,
        is_of_august as was_here_in_august
    from in_force
    where
        (is_in_force or is_of_august)
        and not exists (
            select 1
            from {{ ref("int_enrollment__several") }} as several
            where
                several.delivery_id = in_force.delivery_id
                and several.pupil_key = in_force.pupil_key
        )
    union all
    select
        municipality_code,
        count_date,
        delivery_id,
        pupil_key,
        school_unit_code,
        grade,
        home_municipality_code,
        autumn_day,
        {%- for condition in ["is_in_force", "is_of_august"] %}
        {{ condition }} and row_number() over (
            partition by delivery_id, pupil_key, {{ condition }}
            order by valid_from desc, school_unit_code asc, delivery_row_number asc
        ) = 1 as {{ "counts_now" if loop.first else "counts_in_august" }},
        {%- endfor %}
        max(case when is_of_august then 1 else 0 end) over (partition by delivery_id, pupil_key) = 1 as was_here_in_august
    from rows_of_several
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
    from judged as present
    inner join judged as earlier
        on
            present.municipality_code = earlier.municipality_code
            and present.pupil_key = earlier.pupil_key
            and present.autumn_day = earlier.autumn_day
    where
        present.counts_now
        and not present.was_here_in_august
        and extract(month from present.count_date) >= 9
        and earlier.counts_now
        and extract(month from earlier.count_date) in (7, 8)
),

counted as (
    select
        municipality_code,
        count_date,
        school_unit_code,
        grade,
        home_municipality_code,
        case when counts_now then 1 else 0 end as pupil_count,
        case when counts_in_august then 1 else 0 end as august_pupil_count
    from judged
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
