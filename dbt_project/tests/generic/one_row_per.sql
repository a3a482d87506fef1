{# The grain: no two rows share `keys`, and no key is null but those named in `nullable`. A failing row is a key and how
   often it stands. #}
{% test one_row_per(model, keys, nullable=[]) %}
select
    {{ keys | join(", ") }},
    count(*) as row_count
from {{ model }}
group by {{ keys | join(", ") }}
having count(*) > 1
{%- for key in keys if key not in nullable %} or {{ key }} is null{% endfor %}
{% endtest %}
