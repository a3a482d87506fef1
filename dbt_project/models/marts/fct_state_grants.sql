-- State grants per organiser and unit; where no unit was told, the unit is 'all'.
select
    grants.municipality_code,
    grants.accounts_year,
    grants.organiser_code,
    coalesce(grants.school_unit_code, 'all') as school_unit_code,
    grants.grant_code,
    grants.bought,
    grants.purpose,
    grants.granted_ore,
    grants.used_ore
from {{ ref("stg_municipality__state_grants") }} as grants
inner join {{ ref("int_accounts__fates") }} as fates
    on
        grants.delivery_id = fates.delivery_id
        and grants.delivery_row_number = fates.delivery_row_number
where fates.row_fate = 'used'
