-- One row per municipality, school year and pupil with a used row of results per subject, as delivered.
-- grade_by_age: the number that follows age (`grade_number`), so that a cohort is followed over July 2028.
select
    results.municipality_code,
    results.school_year,
    results.pupil_key,
    results.school_unit_code,
    {{ grade_number("results.grade", count_date_of("results.school_year")) }} as grade_by_age,
    results.reading_check,
    results.parts_passed_swedish,
    results.parts_passed_mathematics,
    results.judgement_swedish,
    results.judgement_english,
    results.judgement_mathematics,
    results.test_swedish,
    results.test_english,
    results.test_mathematics,
    results.grade_swedish,
    results.grade_english,
    results.grade_mathematics,
    results.all_subjects_passed
from {{ used_rows(ref("stg_municipality__subject_results"), ref("int_subject_results__fates")) }} as results
