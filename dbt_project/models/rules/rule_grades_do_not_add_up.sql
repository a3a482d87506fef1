-- Units of Skolverket's export whose grades do not add up to the published total of grades 1-9.
select
    municipality_code,
    count_date,
    school_unit_code
from {{ ref("int_skolverket_units__bounded") }}
where
    pupil_count_grades_1_9 <> pupil_count_grade_1 + pupil_count_grade_2 + pupil_count_grade_3
    + pupil_count_grade_4 + pupil_count_grade_5 + pupil_count_grade_6
    + pupil_count_grade_7 + pupil_count_grade_8 + pupil_count_grade_9
