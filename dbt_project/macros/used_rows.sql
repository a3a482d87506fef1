{# The staged rows that count: all but those that have a fate. #}
{% macro used_rows(staged, fates) -%}
(
    select staged.*
    from {{ staged }} as staged
    anti join {{ fates }} as fates
        on
            staged.delivery_id = fates.delivery_id
            and staged.delivery_row_number = fates.delivery_row_number
)
{%- endmacro %}
