{# The eight factors of the need model, in the order of every key and every table. #}
{% macro need_factors() -%}
    {{ return([
        "guardian_education", "immigration", "household_income", "area_type",
        "sex", "econ_assistance", "household", "siblings",
    ]) }}
{%- endmacro %}

{# A pupil without a background row is never dropped: all eight factors are 'missing'. #}
{% macro factors_or_missing(background) -%}
    {%- for factor in need_factors() %}
    coalesce({{ background }}.{{ factor }}, 'missing') as {{ factor }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Of a pupil who came as one of a number, nothing is known. #}
{% macro factors_unknown() -%}
    {%- for factor in need_factors() %}
    'missing' as {{ factor }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
