{# The grain: no two rows share `keys`, and no key is null but those named in `nullable`. A failing row is a key and how
   often it stands. #}
{% test one_row_per(model, keys, nullable=[]) %}
{%- set nulls = [] -%}
{%- for key in keys if key not in nullable -%}{%- do nulls.append(key ~ " is null") -%}{%- endfor %}
select
    {{ keys | join(", ") }},
    count(*) as row_count
from {{ model }}
where
    {{ row_hash(keys) }} in {{ repeated_hashes(model, keys) }}
    {%- for null in nulls %}
    or {{ null }}
    {%- endfor %}
group by {{ keys | join(", ") }}
having count(*) > 1
{%- for null in nulls %} or {{ null }}{% endfor %}
{% endtest %}
