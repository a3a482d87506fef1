-- One row per accepted row of the other school forms that does not count: what became of it.
--   not_valid_on_count_date  the place has not begun, or has ended
--   stage_not_of_form        the form has no such stage on the day (a dated table says which it has)
--   counted_in_school        the child is in preschool class or compulsory school that day; a form of the same kind of
--                            place cannot be held beside it. A leisure-time centre and adult education go together with
--                            others.
--   counted_in_other_form    the person holds two places that exclude each other; the later one counts, then the lower
--                            code
-- At most one place counts in forms that exclude each other, and one in each form that goes together with others.
with
stages as (
    select
        placements.delivery_id,
        placements.delivery_row_number,
        min(stages.track) as track
    from {{ ref("stg_municipality__form_enrollment") }} as placements
    inner join {{ ref("school_form_stage") }} as stages
        on
            placements.school_form = stages.school_form
            and placements.stage = stages.stage
            and placements.count_date between stages.valid_from and stages.valid_to
    group by placements.delivery_id, placements.delivery_row_number
),

asked as (
    select distinct
        municipality_code,
        count_date
    from {{ ref("stg_municipality__form_enrollment") }}
),

in_school as (
    select distinct
        enrollment.municipality_code,
        enrollment.pupil_key,
        asked.count_date
    from {{ used_rows(ref("stg_municipality__enrollment"), ref("int_enrollment__fates")) }} as enrollment
    inner join asked
        on
            enrollment.municipality_code = asked.municipality_code
            and {{ is_yearly_count("enrollment.count_date") }}
            and {{ count_date_around("enrollment.count_date") }} = {{ count_date_around("asked.count_date") }}
            and enrollment.valid_from <= asked.count_date
            and coalesce(enrollment.valid_to >= asked.count_date, true)
),

judged_rows as (
    select
        placements.delivery_id,
        placements.delivery_row_number,
        placements.pupil_key,
        placements.school_unit_code,
        placements.school_form,
        placements.valid_from,
        coalesce(nullif(stages.track, ''), placements.school_form) as kind_of_place,
        case
            when
                placements.valid_from > placements.count_date or placements.valid_to < placements.count_date
                then 'not_valid_on_count_date'
            when stages.delivery_id is null then 'stage_not_of_form'
            when nullif(stages.track, '') is not null and in_school.pupil_key is not null then 'counted_in_school'
        end as rule_of_the_row,
        nullif(stages.track, '') is not null as is_exclusive
    from {{ ref("stg_municipality__form_enrollment") }} as placements
    left join stages
        on
            placements.delivery_id = stages.delivery_id
            and placements.delivery_row_number = stages.delivery_row_number
    left join in_school
        on
            placements.municipality_code = in_school.municipality_code
            and placements.pupil_key = in_school.pupil_key
            and placements.count_date = in_school.count_date
),

fates as (
    {{ fate_per_row(
        "judged_rows", keys=["pupil_key", "school_unit_code", "school_form"], excluded_rule="rule_of_the_row"
    ) }}
),

choices as (
    select
        delivery_id,
        delivery_row_number,
        row_number() over (
            partition by
                delivery_id,
                pupil_key,
                case when is_exclusive then 'exclusive' else kind_of_place end
            order by valid_from desc, school_unit_code asc, delivery_row_number asc
        ) as place
    from {{ used_rows("judged_rows", "fates") }} as used
)

select
    delivery_id,
    delivery_row_number,
    row_fate,
    excluded_rule
from fates
union all
select
    delivery_id,
    delivery_row_number,
    'excluded' as row_fate,
    'counted_in_other_form' as excluded_rule
from choices
where place > 1
