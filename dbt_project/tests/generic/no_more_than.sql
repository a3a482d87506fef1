{# Neither is negative, and `part` never exceeds `whole`. #}
{% test no_more_than(model, part, whole) %}
select
    {{ part }} as part,
    {{ whole }} as whole
from {{ model }}
where {{ part }} < 0 or {{ part }} > {{ whole }}
{% endtest %}
