-- One row per municipality, count date and pupil: where the pupil counts, and the eight factors as one number. A pupil
-- with protected identity came as one of a number: counted and paid for like a pupil of whom nothing is known, under a
-- key that only numbers them.
-- schooling_year: 1 to 4 for a pupil newly arrived in the sense of the School Act, else 0.
with
protected as (
    select
        counts.municipality_code,
        counts.count_date,
        counts.school_unit_code,
        counts.grade,
        {{ numbered_rows("counts.pupil_count") }} as place
    from {{ used_rows(ref("stg_municipality__protected_counts"), ref("int_protected_counts__fates")) }} as counts
)

select
    enrollment.municipality_code,
    enrollment.count_date,
    enrollment.pupil_key,
    enrollment.school_unit_code,
    enrollment.grade,
    {{ schooling_year(
        is_newly_arrived("enrollment.entered_swedish_school_date", "enrollment.birth_year", "enrollment.grade", "enrollment.count_date"),
        "enrollment.entered_swedish_school_date",
        "enrollment.count_date"
    ) }} as schooling_year,
    coalesce(background.need_profile, {{ unknown_profile() }}) as need_profile
from {{ used_rows(ref("stg_municipality__enrollment"), ref("int_enrollment__fates")) }} as enrollment
left join {{ ref("int_background__profiles") }} as background
    on
        enrollment.municipality_code = background.municipality_code
        and enrollment.count_date = background.count_date
        and enrollment.pupil_key = background.pupil_key
union all
select
    municipality_code,
    count_date,
    'protected-' || school_unit_code || '-' || grade || '-' || place as pupil_key,
    school_unit_code,
    grade,
    cast(0 as integer) as schooling_year,
    {{ unknown_profile() }} as need_profile
from protected
