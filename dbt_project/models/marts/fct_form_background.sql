-- What an index of a form is made of, counted: people alike in all of it are one row. What a form's delivery does not
-- say stands as if nothing were known; the form's source of need does not read it.
with
placements as (
    select
        placements.*,
        extract(year from placements.count_date) - placements.immigration_year as years_in_sweden
    from {{ used_rows(ref("stg_municipality__form_enrollment"), ref("int_form_enrollment__fates")) }} as placements
),

leveled as (
    select
        municipality_code,
        count_date,
        school_form,
        school_unit_code,
        coalesce(programme, '') as programme,
        admission_merit_value,
        coalesce(prior_education, 'missing') as prior_education,
        coalesce(study_path, 'none') as study_path,
        case
            when has_other_mother_tongue then 'yes'
            when not has_other_mother_tongue then 'no'
            else 'missing'
        end as other_mother_tongue,
        {{ need_profile() }} as need_profile
    from placements
),

counted as (
    select
        municipality_code,
        count_date,
        school_form,
        school_unit_code,
        programme,
        admission_merit_value,
        prior_education,
        study_path,
        other_mother_tongue,
        need_profile,
        cast(count(*) as bigint) as pupil_count
    from leveled
    group by
        municipality_code,
        count_date,
        school_form,
        school_unit_code,
        programme,
        admission_merit_value,
        prior_education,
        study_path,
        other_mother_tongue,
        need_profile
)

select
    counted.municipality_code,
    counted.count_date,
    counted.school_form,
    counted.school_unit_code,
    counted.programme,
    counted.admission_merit_value,
    counted.prior_education,
    counted.study_path,
    counted.other_mother_tongue,
    {{ words_of("profiles") }},
    counted.pupil_count
from counted
inner join {{ ref("int_need_profiles") }} as profiles on counted.need_profile = profiles.need_profile
