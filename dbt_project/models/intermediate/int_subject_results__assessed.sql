{{ config(materialized="view") }}
-- One row per municipality, result year, pupil, measure and subject that was assessed. Values: 0/1, the share of a
-- test's parts that were passed (grade 3), or points of a letter. What final grades say of grade 9 stands here too.
-- grade: the number that follows age (`grade_number`), so that a cohort is followed over July 2028.
-- A view: unfolded for whom it is read, a municipality at a time.
{% set columns = [
    ("reading_check", "reading_check", "swedish", "true"),
    ("all_subjects_passed", "all_subjects_passed", "all_subjects", "true"),
    ("judgement_swedish", "teacher_judgement", "swedish", "true"),
    ("judgement_english", "teacher_judgement", "english", "true"),
    ("judgement_mathematics", "teacher_judgement", "mathematics", "true"),
    ("parts_passed_swedish", "national_test", "swedish", "grade_by_age = 3"),
    ("parts_passed_mathematics", "national_test", "mathematics", "grade_by_age = 3"),
    ("test_swedish", "national_test", "swedish", "grade_by_age <> 3"),
    ("test_english", "national_test", "english", "grade_by_age <> 3"),
    ("test_mathematics", "national_test", "mathematics", "grade_by_age <> 3"),
    ("grade_swedish", "grade", "swedish", "true"),
    ("grade_english", "grade", "english", "true"),
    ("grade_mathematics", "grade", "mathematics", "true"),
] %}
with
unfolded as (
    {%- for column, measure, subject, condition in columns %}
    {%- set is_letter = column.startswith(("test_", "grade_")) %}
    select
        municipality_code,
        school_year,
        pupil_key,
        school_unit_code,
        grade_by_age,
        '{{ measure }}' as measure,
        '{{ subject }}' as subject,
        {{ points_of_letter(column) if is_letter else "cast(" ~ column ~ " as double)" }} as assessed_value
    from {{ ref("int_subject_results__used") }}
    where {{ column }} is not null and grade_by_age > 0 and {{ condition }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    municipality_code,
    {{ result_year_of("school_year") }} as result_year,
    pupil_key,
    school_unit_code,
    cast(grade_by_age as integer) as grade,
    measure,
    subject,
    assessed_value
from unfolded
union all
select
    municipality_code,
    result_year,
    pupil_key,
    school_unit_code,
    cast(9 as integer) as grade,
    'eligible_vocational' as measure,
    'all_subjects' as subject,
    cast(not is_not_eligible as double) as assessed_value
from {{ ref("int_leavers__factors") }}
