-- One row per enrollment row and conflict it stands in. Which row counts was decided by the fates; here is what
-- somebody should look at. Both rows of a pair have a row each, so that both units see it.
--   two_units_on_count_date  the pupil is enrolled at another unit on the count date, too
--   overlapping_enrollment   enrollments of the pupil that overlap on other days, or in one unit
--   unit_code_ended          the unit is not active in the register, and nothing took over from it
--   unit_code_replaced, unit_code_split, unit_code_merged   as `ended`, with the unit or units that took over
with
rows_of_several as (
    select
        enrollment.municipality_code,
        enrollment.count_date,
        enrollment.delivery_id,
        enrollment.delivery_row_number,
        enrollment.pupil_key,
        enrollment.school_unit_code,
        enrollment.grade,
        enrollment.valid_from,
        enrollment.valid_to,
        coalesce(fates.row_fate, 'used') as row_fate,
        fates.excluded_rule,
        enrollment.valid_from <= enrollment.count_date
        and coalesce(enrollment.valid_to >= enrollment.count_date, true) as is_valid_on_count_date,
        coalesce(enrollment.valid_to, date '9999-12-31') as last_day
    from {{ rows_of_several(ref("stg_municipality__enrollment")) }} as enrollment
    left join {{ ref("int_enrollment__fates") }} as fates
        on
            enrollment.delivery_id = fates.delivery_id
            and enrollment.delivery_row_number = fates.delivery_row_number
    where
        coalesce(fates.row_fate, 'used') in ('used', 'excluded')
        and enrollment.school_form in ('preschool_class', 'compulsory_school')
),

register as (
    select
        municipality_code,
        count_date,
        school_unit_code,
        is_active
    from {{ ref("int_school_register__observed") }}
),

register_dates as (
    select distinct
        municipality_code,
        count_date
    from register
),

succession as (
    select
        predecessor_code,
        successor_code,
        count(*) over (partition by predecessor_code) as successors,
        count(*) over (partition by successor_code) as predecessors
    from {{ ref("int_school_units__succession") }}
),

-- What the register says has ended, and what it does not name though something took over from it: any other unit that
-- it does not name may lie in another municipality.
ended_units as (
    select
        municipality_code,
        count_date,
        school_unit_code
    from register
    where not is_active
    union
    select
        register_dates.municipality_code,
        register_dates.count_date,
        succession.predecessor_code as school_unit_code
    from register_dates
    cross join succession
    left join register
        on
            register_dates.municipality_code = register.municipality_code
            and register_dates.count_date = register.count_date
            and succession.predecessor_code = register.school_unit_code
    where register.school_unit_code is null
),

pairs as (
    select
        one.municipality_code,
        one.count_date,
        one.delivery_id,
        one.delivery_row_number,
        one.pupil_key,
        one.school_unit_code,
        one.grade,
        one.valid_from,
        one.valid_to,
        one.row_fate,
        one.excluded_rule,
        case
            when
                one.school_unit_code <> other.school_unit_code
                and one.is_valid_on_count_date
                and other.is_valid_on_count_date
                then 'two_units_on_count_date'
            else 'overlapping_enrollment'
        end as conflict_kind,
        other.school_unit_code as other_school_unit_code,
        other.delivery_row_number as other_row_number
    from rows_of_several as one
    inner join rows_of_several as other
        on
            one.delivery_id = other.delivery_id
            and one.pupil_key = other.pupil_key
            and one.delivery_row_number <> other.delivery_row_number
            and one.valid_from <= other.last_day
            and one.last_day >= other.valid_from
),

ended as (
    select
        enrollment.municipality_code,
        enrollment.count_date,
        enrollment.delivery_id,
        enrollment.delivery_row_number,
        enrollment.pupil_key,
        enrollment.school_unit_code,
        enrollment.grade,
        enrollment.valid_from,
        enrollment.valid_to,
        'used' as row_fate,
        cast(null as string) as excluded_rule,
        case
            when succession.successor_code is null then 'unit_code_ended'
            when succession.successors > 1 then 'unit_code_split'
            when succession.predecessors > 1 then 'unit_code_merged'
            else 'unit_code_replaced'
        end as conflict_kind,
        succession.successor_code as other_school_unit_code,
        cast(null as integer) as other_row_number
    from {{ used_rows(ref("stg_municipality__enrollment"), ref("int_enrollment__fates")) }} as enrollment
    inner join ended_units
        on
            enrollment.municipality_code = ended_units.municipality_code
            and enrollment.count_date = ended_units.count_date
            and enrollment.school_unit_code = ended_units.school_unit_code
    left join succession on enrollment.school_unit_code = succession.predecessor_code
    where enrollment.school_form in ('preschool_class', 'compulsory_school')
),

conflicts as (
    select * from pairs
    union all
    select * from ended
)

select
    municipality_code,
    count_date,
    delivery_id,
    delivery_row_number,
    conflict_kind,
    pupil_key,
    school_unit_code,
    grade,
    valid_from,
    valid_to,
    row_fate = 'used' as is_counted,
    excluded_rule,
    other_school_unit_code,
    other_row_number
from conflicts
