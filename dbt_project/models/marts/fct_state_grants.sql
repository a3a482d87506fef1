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
from {{ used_rows(ref("stg_municipality__state_grants"), ref("int_accounts__fates")) }} as grants
