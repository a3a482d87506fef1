{# A share lies in 0..1; with `bounds` [lower, upper] also between these two, and it is null exactly when they are. #}
{% test share_between(model, column_name, bounds=none) %}
select {{ column_name }} as share
from {{ model }}
where
    {{ column_name }} not between 0 and 1
    {%- if bounds %}
    or {{ column_name }} not between {{ bounds[0] }} and {{ bounds[1] }}
    or ({{ column_name }} is null) <> ({{ bounds[0] }} is null)
    or ({{ column_name }} is null) <> ({{ bounds[1] }} is null)
    {%- endif %}
{% endtest %}
