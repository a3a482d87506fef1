{# Every value lies on its column's scale, or is null; `scales`: column -> values. One look at a model that reads files, where a
   test for each column would open them as often. #}
{% test within_scales(model, scales) %}
select {{ scales | join(", ") }}
from {{ model }}
where
    {%- for column, values in scales.items() %}
    {{ "or " if not loop.first }}{{ column }} not in ('{{ values | join("', '") }}')
    {%- endfor %}
{% endtest %}
