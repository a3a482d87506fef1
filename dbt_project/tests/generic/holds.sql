{# A rule of the register holds: its model lists no failing row. It warns; the publication judges each municipality. #}
{% test holds(model) %}
select
    municipality_code,
    count_date
from {{ model }}
{% endtest %}
