{#
    What became of every accepted row: one fate each, so that the fates of a delivery add up to its rows. Tables of fates hold
    the rows that do not count; every other row is used.

    superseded  a later accepted delivery of the same source, municipality and period took its place
    excluded    a rule leaves it out; `excluded_rule` (SQL giving the rule's name or null) says which
    duplicate   the same `keys` stand on an earlier row of the delivery that is not excluded
    used        the warehouse stands on it

    Rules come before duplicates: a pupil who left a unit and came back has one valid row, not a duplicate.
#}
{% macro row_fates(rows, keys, excluded_rule="cast(null as string)") %}
    select
        judged.*,
        case
            when not judged.is_newest then 'superseded'
            when judged.excluded_rule is not null then 'excluded'
            when judged.delivery_row_number > repeated.first_row_number then 'duplicate'
            else 'used'
        end as row_fate
    from (
        select
            {{ rows }}.*,
            coalesce(deliveries.is_newest, false) as is_newest,
            {{ excluded_rule }} as excluded_rule
        from {{ rows }}
        left join {{ ref("int_deliveries__accepted") }} as deliveries
            on {{ rows }}.delivery_id = deliveries.delivery_id
    ) as judged
    left join (
        select
            delivery_id,
            {{ keys | join(", ") }},
            min(delivery_row_number) as first_row_number
        from {{ rows }}
        where {{ excluded_rule }} is null
        group by delivery_id, {{ keys | join(", ") }}
        having count(*) > 1
    ) as repeated
        on
            judged.delivery_id = repeated.delivery_id
            {%- for key in keys %}
            and judged.{{ key }} is not distinct from repeated.{{ key }}
            {%- endfor %}
{% endmacro %}


{# The end of a model of fates: one row per accepted row that does not count, its fate and what left it out. Arguments as in
   `row_fates`. #}
{% macro fate_per_row(rows, keys, excluded_rule="cast(null as string)") %}
select
    delivery_id,
    delivery_row_number,
    row_fate,
    excluded_rule
from (
    {{ row_fates(rows, keys=keys, excluded_rule=excluded_rule) }}
) as fates
where row_fate <> 'used'
{% endmacro %}


{# The same for rows that no rule leaves out, straight from a staged model: superseded and repeated rows are looked up, the
   many others are passed over. `key`: what a delivery says at most once. #}
{% macro fate_per_staged_row(staged, key) %}
with
repeated as (
    select
        delivery_id,
        {{ key }},
        min(delivery_row_number) as first_row_number
    from {{ staged }}
    group by delivery_id, {{ key }}
    having count(*) > 1
),

replaced as (
    select
        staged.delivery_id,
        staged.delivery_row_number
    from {{ staged }} as staged
    where
        not exists (
            select 1
            from {{ ref("int_deliveries__accepted") }} as deliveries
            where deliveries.is_newest and deliveries.delivery_id = staged.delivery_id
        )
)

select
    delivery_id,
    delivery_row_number,
    'superseded' as row_fate,
    cast(null as string) as excluded_rule
from replaced
union all
select
    staged.delivery_id,
    staged.delivery_row_number,
    'duplicate' as row_fate,
    cast(null as string) as excluded_rule
from {{ staged }} as staged
inner join repeated
    on
        staged.delivery_id = repeated.delivery_id
        and staged.{{ key }} = repeated.{{ key }}
        and staged.delivery_row_number > repeated.first_row_number
inner join {{ ref("int_deliveries__accepted") }} as deliveries
    on staged.delivery_id = deliveries.delivery_id
where deliveries.is_newest
{% endmacro %}
