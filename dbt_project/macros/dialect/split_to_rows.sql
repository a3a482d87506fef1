{# One row per element of a comma list. Stands alone in a select list. #}
{% macro split_to_rows(list_column) %}{{ return(adapter.dispatch("split_to_rows")(list_column)) }}{% endmacro %}

{% macro duckdb__split_to_rows(list_column) %}unnest(string_split({{ list_column }}, ',')){% endmacro %}

{% macro spark__split_to_rows(list_column) %}explode(split({{ list_column }}, ',')){% endmacro %}
