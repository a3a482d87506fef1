{# `count` rows numbered from 1; none where it is 0. Stands alone in a select list. #}
{% macro numbered_rows(count) %}{{ return(adapter.dispatch("numbered_rows")(count)) }}{% endmacro %}

{% macro duckdb__numbered_rows(count) %}unnest(range(1, {{ count }} + 1)){% endmacro %}

{% macro spark__numbered_rows(count) %}explode(filter(sequence(0, {{ count }}), n -> n > 0)){% endmacro %}
