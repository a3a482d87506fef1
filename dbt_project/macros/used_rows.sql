{# The staged rows that count: all but those whose fate is another than 'used'. Every staged row has its fate; the few that
   do not count are looked up, since looking up every row would cost more than reading it. #}
{% macro used_rows(staged, fates) -%}
(
    select staged.*
    from {{ staged }} as staged
    where
        not exists (
            select 1
            from {{ fates }} as fates
            where
                fates.row_fate <> 'used'
                and fates.delivery_id = staged.delivery_id
                and fates.delivery_row_number = staged.delivery_row_number
        )
)
{%- endmacro %}
