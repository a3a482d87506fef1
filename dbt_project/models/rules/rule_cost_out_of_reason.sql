-- Units of at least ten pupils whose costs of a year are under 20 000 or over 500 000 kr per pupil: amounts in
-- thousands of kronor, a month for a year, a cost centre for a school. Pupils are those of the October that the
-- year's money was for.
select
    costs.municipality_code,
    cast(null as date) as count_date,
    costs.accounts_year,
    costs.school_unit_code
from {{ ref("fct_unit_costs") }} as costs
inner join {{ ref("fct_school_factors") }} as factors
    on
        costs.municipality_code = factors.municipality_code
        and costs.school_unit_code = factors.school_unit_code
        and factors.count_date = cast(cast(costs.accounts_year - 1 as string) || '-10-15' as date)
where costs.cost_item not in ('allocation', 'outside_base_amount') and factors.pupil_count >= 10
group by costs.municipality_code, costs.accounts_year, costs.school_unit_code, factors.pupil_count
having sum(costs.amount_ore) / factors.pupil_count not between 2000000 and 50000000
