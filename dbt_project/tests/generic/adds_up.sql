{# `total` is the sum of `parts` on every row; a null part is a failure, not a zero. #}
{% test adds_up(model, total, parts) %}
select
    {{ total }} as total,
    {{ parts | join(" + ") }} as sum_of_parts
from {{ model }}
where coalesce({{ total }} <> {{ parts | join(" + ") }}, true)
{% endtest %}
