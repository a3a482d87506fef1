{# 'A' -> 20: points of a grade in the merit value (Upper Secondary School Ordinance 2010:2039, 7 kap. 4 §). #}
{% macro points_of_letter(letter) -%}
    cast(
        case {{ letter }}
            when 'A' then 20 when 'B' then 17.5 when 'C' then 15 when 'D' then 12.5 when 'E' then 10 when 'F' then 0
        end as double
    )
{%- endmacro %}
