{{ config(materialized="view") }}
-- One row per municipality, count date and pupil with a used background row: the eight factors as one number.
-- A view: read where pupils meet it, since a copy of every pupil costs more than counting levels.
with
background as (
    select
        background.*,
        extract(year from background.count_date) - background.immigration_year as years_in_sweden
    from {{ used_rows(ref("stg_municipality__background"), ref("int_background__fates")) }} as background
)

select
    municipality_code,
    count_date,
    pupil_key,
    {{ need_profile() }} as need_profile
from background
