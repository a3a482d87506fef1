{# The group's values as one sorted comma list; null when there are none. #}
{% macro joined_list(column) %}{{ return(adapter.dispatch("joined_list")(column)) }}{% endmacro %}

{% macro duckdb__joined_list(column) %}string_agg({{ column }}, ',' order by {{ column }}){% endmacro %}

{% macro spark__joined_list(column) %}nullif(array_join(sort_array(collect_list({{ column }})), ','), ''){% endmacro %}
