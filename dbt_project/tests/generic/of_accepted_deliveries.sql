{# Every row belongs to a delivery the door accepted; a file nobody accounted for would be left out in silence. #}
{% test of_accepted_deliveries(model) %}
select
    fates.delivery_id,
    count(*) as row_count
from {{ model }} as fates
left join {{ ref("int_deliveries__accepted") }} as deliveries
    on fates.delivery_id = deliveries.delivery_id
where deliveries.delivery_id is null
group by fates.delivery_id
{% endtest %}
