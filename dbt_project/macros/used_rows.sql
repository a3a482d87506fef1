{# The staged rows that count: all but those that have a fate. #}
{% macro used_rows(staged, fates) -%}
(
    select staged.*
    from {{ staged }} as staged
    where
        not exists (
            select 1
            from {{ fates }} as fates
            where
                fates.delivery_id = staged.delivery_id
                and fates.delivery_row_number = staged.delivery_row_number
        )
)
{%- endmacro %}
