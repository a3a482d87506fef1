{#
    A published share as value, lower and upper, all 0..1.

    '..' means fewer than 10 such pupils among the `pupils` of grades 1-9: 0 to 9/n, never more than 1, midpoint used.
    '.' is a true zero where `none_is_zero` (foreign background); for parents' education it is read as '..', since
    the publisher does not say which side is small. Without pupils in grades 1-9 there is no share.
#}
{% macro share_bound(bound, share, code, pupils, none_is_zero) -%}
    {%- set weight = {"value": "0.5", "lower": "0", "upper": "1"}[bound] -%}
    {%- set few = ["few_pupils"] if none_is_zero else ["few_pupils", "none"] -%}
    cast(
        case
            when coalesce({{ pupils }}, 0) = 0 then null
            when {{ code }} in ('exact', 'rounded') then {{ share }}
            {%- if none_is_zero %}
            when {{ code }} = 'none' then 0
            {%- endif %}
            when {{ code }} in ('{{ few | join("', '") }}') then {{ weight }} * least(1, 9 / cast({{ pupils }} as double))
        end as double
    )
{%- endmacro %}
