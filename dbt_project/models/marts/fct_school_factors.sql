-- Own pupils: counts over known values, so lower = value = upper. Parents' country of birth is not among the
-- municipality's background, so foreign background has no value there; the need model uses the immigration level.
with
counts as (
    select
        municipality_code,
        count_date,
        school_unit_code,
        count(*) as pupils,
        sum(case when grade = 'F' then 1 else 0 end) as pupils_f,
        sum(case when grade <> 'F' then 1 else 0 end) as pupils_1_9,
        sum(case when grade <> 'F' and sex = 'girl' then 1 else 0 end) as girls,
        sum(case when grade <> 'F' and sex <> 'missing' then 1 else 0 end) as known_sex,
        sum(case when grade <> 'F' and guardian_education like 'post_secondary%' then 1 else 0 end) as post_secondary,
        sum(case when grade <> 'F' and guardian_education <> 'missing' then 1 else 0 end) as known_education,
        sum(case when immigration = 'years_0_to_3' then 1 else 0 end) as recently_immigrated,
        sum(case when immigration <> 'missing' then 1 else 0 end) as known_immigration,
        sum(case when econ_assistance = 'yes' then 1 else 0 end) as with_assistance,
        sum(case when econ_assistance <> 'missing' then 1 else 0 end) as known_assistance,
        sum(case when guardian_education = 'missing' then 1 else 0 end) as missing_background
    from {{ ref("int_pupils__factors") }}
    group by municipality_code, count_date, school_unit_code
),

own_pupils as (
    select
        *,
        post_secondary / cast(nullif(known_education, 0) as double) as post_secondary_share
    from counts
)

select
    municipality_code,
    count_date,
    school_unit_code,
    'pupil_level' as basis,
    cast(pupils as integer) as pupil_count,
    cast(pupils_f as integer) as pupil_count_grade_f,
    cast(pupils_1_9 as integer) as pupil_count_grades_1_9,
    girls / cast(nullif(known_sex, 0) as double) as girl_share,
    cast(null as double) as foreign_background_share,
    cast(null as double) as foreign_background_share_lower,
    cast(null as double) as foreign_background_share_upper,
    case when pupils_1_9 = 0 then 'no_pupils' else 'missing' end as foreign_background_share_code,
    post_secondary_share,
    post_secondary_share as post_secondary_share_lower,
    post_secondary_share as post_secondary_share_upper,
    case
        when pupils_1_9 = 0 then 'no_pupils'
        when post_secondary_share is null then 'missing'
        else 'exact'
    end as post_secondary_share_code,
    recently_immigrated / cast(nullif(known_immigration, 0) as double) as recently_immigrated_share,
    with_assistance / cast(nullif(known_assistance, 0) as double) as econ_assistance_share,
    missing_background / cast(pupils as double) as missing_background_share
from own_pupils
union all
select
    municipality_code,
    count_date,
    school_unit_code,
    'open_statistics' as basis,
    pupil_count_grade_f + pupil_count_grades_1_9 as pupil_count,
    pupil_count_grade_f,
    pupil_count_grades_1_9,
    girl_share,
    foreign_background_share,
    foreign_background_share_lower,
    foreign_background_share_upper,
    foreign_background_share_code,
    post_secondary_share,
    post_secondary_share_lower,
    post_secondary_share_upper,
    post_secondary_share_code,
    cast(null as double) as recently_immigrated_share,
    cast(null as double) as econ_assistance_share,
    cast(null as double) as missing_background_share
from {{ ref("int_skolverket_units__bounded") }}
where not is_left_out
