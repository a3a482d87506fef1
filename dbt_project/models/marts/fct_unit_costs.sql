-- Kronor of each unit by cost item, summed over the ledger's accounts. What a unit was allocated stands beside its
-- costs.
select
    costs.municipality_code,
    costs.accounts_year,
    costs.school_unit_code,
    costs.cost_item,
    cast(sum(costs.amount_ore) as bigint) as amount_ore
from {{ ref("stg_municipality__unit_costs") }} as costs
inner join {{ ref("int_accounts__fates") }} as fates
    on
        costs.delivery_id = fates.delivery_id
        and costs.delivery_row_number = fates.delivery_row_number
where fates.row_fate = 'used'
group by costs.municipality_code, costs.accounts_year, costs.school_unit_code, costs.cost_item
