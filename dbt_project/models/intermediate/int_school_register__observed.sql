-- One row per municipality, count date and unit of the register: the snapshot of the same school year nearest to the
-- count date (the earlier of two), so that a later snapshot does not rewrite what was true in October.
with
register as (
    select
        register.*,
        {{ count_date_around("register.snapshot_date") }} as count_date
    from {{ used_rows(ref("stg_municipality__school_register"), ref("int_school_register__fates")) }} as register
),

snapshots as (
    select
        municipality_code,
        count_date,
        snapshot_date,
        row_number() over (
            partition by municipality_code, count_date
            order by
                case
                    when snapshot_date < count_date then count_date - snapshot_date
                    else snapshot_date - count_date
                end,
                snapshot_date
        ) as nearness
    from (
        select distinct
            municipality_code,
            count_date,
            snapshot_date
        from register
    ) as dates
)

select
    register.municipality_code,
    register.count_date,
    register.school_unit_code,
    register.school_unit_name,
    register.organiser_code,
    register.organiser_name,
    register.organiser_type,
    register.location_municipality_code,
    register.predecessor_codes,
    register.status = 'active'
    and coalesce(register.valid_from <= register.count_date, true)
    and coalesce(register.valid_to >= register.count_date, true) as is_active
from register
inner join snapshots
    on
        register.municipality_code = snapshots.municipality_code
        and register.snapshot_date = snapshots.snapshot_date
        and snapshots.nearness = 1
