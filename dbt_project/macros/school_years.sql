{# A day of a year given as a number. Of numbers and not of text: it is asked for every pupil. #}
{% macro day_of(year, month, day) -%}
    make_date(cast({{ year }} as integer), {{ month }}, {{ day }})
{%- endmacro %}

{# '2025/26' -> 2025-10-15: pupils are counted on 15 October of the year in which the school year begins. #}
{% macro count_date_of(school_year) -%}
    {{ day_of("cast(substr(" ~ school_year ~ ", 1, 4) as integer)", 10, 15) }}
{%- endmacro %}

{# '2025/26' -> 2026: the year of the June in which results are set. #}
{% macro result_year_of(school_year) -%}
    cast(cast(substr({{ school_year }}, 1, 4) as integer) + 1 as integer)
{%- endmacro %}

{# Any date -> 15 October of its school year (July to June). #}
{% macro count_date_around(day) -%}
    {{ day_of(
        "extract(year from " ~ day ~ ") - case when extract(month from " ~ day ~ ") < 7 then 1 else 0 end", 10, 15
    ) }}
{%- endmacro %}

{# Whether a count is the year's: 15 October. Registers of other days are what months are paid by. #}
{% macro is_yearly_count(day) -%}
    (extract(month from {{ day }}) = 10 and extract(day from {{ day }}) = 15)
{%- endmacro %}
