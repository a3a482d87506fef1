{# Makes the accepted rows known to Spark before a build: one table per source over the Parquet files in a folder.
   DuckDB reads the files where they lie and needs none. #}
{% macro door_tables(rows) %}{% do adapter.dispatch("door_tables")(rows) %}{% endmacro %}

{% macro duckdb__door_tables(rows) %}{% endmacro %}

{% macro spark__door_tables(rows) %}
    {%- for source in graph.sources.values() %}
    {%- do run_query("create schema if not exists " ~ source.schema) %}
    {%- do run_query("drop table if exists " ~ source.schema ~ "." ~ source.identifier) %}
    {%- do run_query(
        "create table " ~ source.schema ~ "." ~ source.identifier ~ " using parquet options (mergeSchema 'true') location '"
        ~ rows ~ "/" ~ source.identifier.lstrip("_") ~ "'"
    ) %}
    {%- endfor %}
{% endmacro %}
