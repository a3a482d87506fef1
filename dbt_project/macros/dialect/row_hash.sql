{# A number for what stands in `columns`, null or not: equal rows have the same, different ones hardly ever. Grouping by it is
   cheap where the words of a key are long; who finds rows by it compares the words afterwards. #}
{% macro row_hash(columns) %}{{ return(adapter.dispatch("row_hash")(columns)) }}{% endmacro %}

{% macro duckdb__row_hash(columns) %}hash({{ columns | join(", ") }}){% endmacro %}

{% macro spark__row_hash(columns) %}xxhash64({{ columns | join(", ") }}){% endmacro %}
