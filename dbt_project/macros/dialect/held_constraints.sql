{# What a contract says is never null: DuckDB refuses such a row as it is written. A Parquet table on Spark takes it, so the
   finished table is looked at and the model fails. Keys are looked at by `one_row_per` on both. #}
{% macro spark__persist_constraints(relation, model) %}
    {%- if model.config.contract.enforced %}
    {%- set held = [] %}
    {%- for name in model.columns if model.columns[name].constraints | selectattr("type", "equalto", "not_null") | list %}
    {%- do held.append(name) %}
    {%- endfor %}
    {%- if held %}
    {%- set counted = run_query(
        "select count(*) from " ~ relation ~ " where " ~ held | join(" is null or ") ~ " is null"
    ) %}
    {%- if counted.rows[0][0] > 0 %}
    {{ exceptions.raise_compiler_error(
        relation ~ ": " ~ counted.rows[0][0] ~ " rows have nothing in one of " ~ held | join(", ")
    ) }}
    {%- endif %}
    {%- endif %}
    {%- endif %}
{% endmacro %}
