{# An empty cell of a seed is null on Spark as on DuckDB; dbt-spark's own macro would write the word `None`. #}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model["config"].get("column_types", {}) %}
    {%- set sql %}
    insert into {{ this.render() }} values
    {%- for row in agate_table.rows %}
    (
        {%- for name in agate_table.column_names %}
        {%- set cell = row[loop.index0] %}
        cast({{ "null" if cell is none else "'" ~ cell | string | replace("\\", "\\\\") | replace("'", "\\'") ~ "'" }} as {{ types[name] }}){{ "," if not loop.last }}
        {%- endfor %}
    ){{ "," if not loop.last }}
    {%- endfor %}
    {%- endset %}
    {%- do adapter.add_query(sql, abridge_sql_log=True) %}
    {{ return(sql) }}
{% endmacro %}
