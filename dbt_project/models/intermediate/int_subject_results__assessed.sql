-- One row per municipality, result year, pupil, measure and subject that was assessed. Values: 0/1, the share of a test's
-- parts that were passed (grade 3), or points of a letter. What final grades say of grade 9 stands here too.
{% set flags = [
    ("reading_check", "reading_check", "swedish"),
    ("all_subjects_passed", "all_subjects_passed", "all_subjects"),
    ("judgement_swedish", "teacher_judgement", "swedish"),
    ("judgement_english", "teacher_judgement", "english"),
    ("judgement_mathematics", "teacher_judgement", "mathematics"),
] %}
{% set shares = [
    ("parts_passed_swedish", "national_test", "swedish"),
    ("parts_passed_mathematics", "national_test", "mathematics"),
] %}
{% set letters = [
    ("test_swedish", "national_test", "swedish"),
    ("test_english", "national_test", "english"),
    ("test_mathematics", "national_test", "mathematics"),
    ("grade_swedish", "grade", "swedish"),
    ("grade_english", "grade", "english"),
    ("grade_mathematics", "grade", "mathematics"),
] %}
with
used as (
    select results.*
    from {{ ref("stg_municipality__subject_results") }} as results
    inner join {{ ref("int_subject_results__fates") }} as fates
        on
            results.delivery_id = fates.delivery_id
            and results.delivery_row_number = fates.delivery_row_number
    where fates.row_fate = 'used' and results.grade <> 'F'
),

unfolded as (
    {%- for column, measure, subject in flags + shares + letters %}
    select
        municipality_code,
        school_year,
        pupil_key,
        school_unit_code,
        grade,
        '{{ measure }}' as measure,
        '{{ subject }}' as subject,
        {% if (column, measure, subject) in letters -%}
            {{ points_of_letter(column) }}
        {%- else -%}
            cast({{ column }} as double)
        {%- endif %} as assessed_value
    from used
    where
        {{ column }} is not null
        {%- if (column, measure, subject) in shares %}
            and grade = '3'
        {%- elif measure == "national_test" %}
            and grade <> '3'
        {%- endif %}
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
    cast(grade as integer) as grade,
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
