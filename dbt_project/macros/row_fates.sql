{#
    What became of the accepted rows that do not count: one fate each, so that fates and used rows add up to a delivery's
    rows. Every row without a fate is used.

    superseded  a later accepted delivery of the same source, municipality and period took its place
    excluded    a rule leaves it out; `excluded_rule` (SQL giving the rule's name or null) says which
    duplicate   the same `keys` stand on an earlier row of the delivery that is not excluded

    Rules come before duplicates: a pupil who left a unit and came back has one valid row, not a duplicate. The many rows that
    are used are passed over: each fate looks for its own.
#}
{% macro fate_per_row(rows, keys, excluded_rule=none) -%}
{%- set newest -%}
(select delivery_id from {{ ref("int_deliveries__accepted") }} where is_newest) as newest
{%- endset -%}
{%- set rule = excluded_rule or "cast(null as string)" -%}
{%- set keys_of_delivery = ["delivery_id"] + keys -%}
select
    accepted.delivery_id,
    accepted.delivery_row_number,
    'superseded' as row_fate,
    {{ rule }} as excluded_rule
from {{ rows }} as accepted
anti join {{ newest }} on accepted.delivery_id = newest.delivery_id
union all
{%- if excluded_rule %}
select
    accepted.delivery_id,
    accepted.delivery_row_number,
    'excluded' as row_fate,
    {{ rule }} as excluded_rule
from {{ rows }} as accepted
semi join {{ newest }} on accepted.delivery_id = newest.delivery_id
where {{ rule }} is not null
union all
{%- endif %}
select
    accepted.delivery_id,
    accepted.delivery_row_number,
    'duplicate' as row_fate,
    cast(null as string) as excluded_rule
from {{ rows }} as accepted
semi join {{ newest }} on accepted.delivery_id = newest.delivery_id
inner join (
    select
        {{ keys_of_delivery | join(", ") }},
        min(delivery_row_number) as first_row_number
    from {{ rows }}
    where
        {{ row_hash(keys_of_delivery) }} in {{ repeated_hashes(rows, keys_of_delivery, rule ~ " is null") }}
        and {{ rule }} is null
    group by {{ keys_of_delivery | join(", ") }}
    having count(*) > 1
) as repeated
    on
        accepted.delivery_id = repeated.delivery_id
        {%- for key in keys %}
        and accepted.{{ key }} is not distinct from repeated.{{ key }}
        {%- endfor %}
        and accepted.delivery_row_number > repeated.first_row_number
where {{ rule }} is null
{%- endmacro %}
