{# Newly arrived in the sense of the School Act 3 kap. 12 a §: lived abroad, began school here after the autumn start of the
   year in which the pupil turned seven (six from the ten-year school of July 2028), and has gone to school here for at most
   four years. The autumn start is taken as 31 August. A case number tells no year of birth: there the grade's usual age stands in. A pupil without a first day in
   a Swedish school is not newly arrived. #}
{% macro is_newly_arrived(first_day, birth_year, grade, count_date) -%}
    coalesce(
        {{ first_day }} > {{ day_of(
            "coalesce(
                " ~ birth_year ~ " + case when " ~ count_date ~ " >= " ~ ten_years_from() ~ " then 6 else 7 end,
                extract(year from " ~ count_date ~ ")
                - cast(case when " ~ grade ~ " = 'F' then '0' else " ~ grade ~ " end as integer) + 1
            )", 8, 31
        ) }}
        and {{ first_day }} + interval '4' year > {{ count_date }},
        false
    )
{%- endmacro %}

{# Years of schooling here that have begun on the count date, 1 to 4; 0 for a pupil who is not newly arrived. #}
{% macro schooling_year(is_newly_arrived, first_day, count_date) -%}
    cast(
        case
            when not {{ is_newly_arrived }} then 0
            when {{ first_day }} + interval '1' year > {{ count_date }} then 1
            when {{ first_day }} + interval '2' year > {{ count_date }} then 2
            when {{ first_day }} + interval '3' year > {{ count_date }} then 3
            else 4
        end as integer
    )
{%- endmacro %}
