{#
    Enrollment rows by whether the pupil has several rows in the delivery. The many who have one need no choice; choices
    are made among the rows of the few. `rows`: staged enrollment rows, or rows with their `delivery_id` and `pupil_key`.
#}
{% macro rows_of_several(rows) -%}
(
    select enrollment.*
    from {{ rows }} as enrollment
    inner join {{ ref("int_enrollment__several") }} as several
        on
            enrollment.delivery_id = several.delivery_id
            and enrollment.pupil_key = several.pupil_key
)
{%- endmacro %}


{# The rows of pupils with one row in the delivery. #}
{% macro rows_of_one(rows) -%}
(
    select enrollment.*
    from {{ rows }} as enrollment
    anti join {{ ref("int_enrollment__several") }} as several
        on
            enrollment.delivery_id = several.delivery_id
            and enrollment.pupil_key = several.pupil_key
)
{%- endmacro %}
