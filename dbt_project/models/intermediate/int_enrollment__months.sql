{{ config(materialized="view") }}
-- One row per accepted enrollment row of a newest delivery: what the count of a month asks of it.
-- is_in_force: enrolled on the day the count is of; in July and August that is 31 August, whenever the file was made:
-- pupils who start then are entitled from 1 July (Skolförordningen 14 kap. 1 §). is_of_august: enrolled on the
-- 31 August before an autumn's count. A register that does not say where a pupil lives means its own municipality.
-- A view: a copy of every row would cost more than asking again.
{% set autumn_day = "make_date(cast(extract(year from enrollment.count_date) as integer), 8, 31)" %}
{% set entitled_day -%}
case when extract(month from enrollment.count_date) in (7, 8) then {{ autumn_day }} else enrollment.count_date end
{%- endset %}
select
    enrollment.delivery_id,
    enrollment.delivery_row_number,
    enrollment.municipality_code,
    enrollment.count_date,
    enrollment.pupil_key,
    enrollment.school_unit_code,
    enrollment.grade,
    enrollment.valid_from,
    coalesce(enrollment.home_municipality_code, enrollment.municipality_code) as home_municipality_code,
    {{ autumn_day }} as autumn_day,
    enrollment.valid_from <= {{ entitled_day }}
    and coalesce(enrollment.valid_to >= {{ entitled_day }}, true) as is_in_force,
    extract(month from enrollment.count_date) >= 7
    and enrollment.valid_from <= {{ autumn_day }}
    and coalesce(enrollment.valid_to >= {{ autumn_day }}, true) as is_of_august
from {{ ref("stg_municipality__enrollment") }} as enrollment
inner join {{ ref("int_deliveries__accepted") }} as deliveries
    on enrollment.delivery_id = deliveries.delivery_id
where
    deliveries.is_newest
    and enrollment.school_form in ('preschool_class', 'compulsory_school')
