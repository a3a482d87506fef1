-- Kronor of each unit by cost item, summed over the ledger's accounts. What a unit was allocated stands beside its
-- costs.
select
    costs.municipality_code,
    costs.accounts_year,
    costs.school_unit_code,
    costs.cost_item,
    cast(sum(costs.amount_ore) as bigint) as amount_ore
from {{ used_rows(ref("stg_municipality__unit_costs"), ref("int_accounts__fates")) }} as costs
group by costs.municipality_code, costs.accounts_year, costs.school_unit_code, costs.cost_item
