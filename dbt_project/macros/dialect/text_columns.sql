{# Contracts are held on Spark as on DuckDB: the same columns and types, where Spark's only text of any length is `string`. #}
{% macro spark__get_empty_schema_sql(columns) %}
    select
    {%- for name in columns %}
    cast(null as {{ columns[name]["data_type"] | replace("varchar", "string") }}) as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
{% endmacro %}
