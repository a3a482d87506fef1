{{ config(materialized="table") }}
-- A table: some rows in each of many files, which all that looks at units would open again.
select
    delivery_id,
    row_number as delivery_row_number,
    municipality_code,
    cast(period as date) as snapshot_date,
    school_unit_code,
    school_unit_name,
    organiser_code,
    organiser_name,
    organiser_type,
    location_municipality_code,
    grades,
    status,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    predecessor_codes
from {{ source("accepted", "school_register") }}
