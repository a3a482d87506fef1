{# The eight factors of the need model and their levels, in the order of every key and every table. What lies outside a
   factor's scale is 'missing', its last level, never a neighbouring one. #}
{% macro need_levels() -%}
    {{ return({
        "guardian_education": ["post_secondary_long", "post_secondary_short", "upper_secondary", "compulsory", "missing"],
        "immigration": ["born_in_sweden", "years_9_or_more", "years_4_to_8", "years_0_to_3", "missing"],
        "household_income": ["quintile_1", "quintile_2", "quintile_3", "quintile_4", "quintile_5", "missing"],
        "area_type": ["area_1", "area_2", "area_3", "area_4", "area_5", "missing"],
        "sex": ["girl", "boy", "missing"],
        "econ_assistance": ["no", "yes", "missing"],
        "household": ["with_both", "not_with_both", "missing"],
        "siblings": ["siblings_0_to_2", "siblings_3_or_more", "missing"],
    }) }}
{%- endmacro %}

{% macro need_factors() -%}
    {{ return(need_levels() | list) }}
{%- endmacro %}

{# Number of the level of each factor, from 0, of columns as delivered and `years_in_sweden`. No immigration year means born
   in Sweden. #}
{% macro level_numbers() -%}
    {{ return({
        "guardian_education": "case guardian_education
            when 'post_secondary_long' then 0
            when 'post_secondary_short' then 1
            when 'upper_secondary' then 2
            when 'compulsory' then 3
            else 4
        end",
        "immigration": "case
            when immigration_year is null then 0
            when years_in_sweden >= 9 then 1
            when years_in_sweden >= 4 then 2
            when years_in_sweden >= 0 then 3
            else 4
        end",
        "household_income": "case when household_income_quintile between 1 and 5 then household_income_quintile - 1 else 5 end",
        "area_type": "case when area_type between 1 and 5 then area_type - 1 else 5 end",
        "sex": "case when is_boy then 1 when not is_boy then 0 else 2 end",
        "econ_assistance": "case when has_econ_assistance then 1 when not has_econ_assistance then 0 else 2 end",
        "household": "case when lives_with_both then 0 when not lives_with_both then 1 else 2 end",
        "siblings": "case when sibling_count between 0 and 2 then 0 when sibling_count >= 3 then 1 else 2 end",
    }) }}
{%- endmacro %}

{# One number for the eight factors of a pupil (`int_need_profiles` has its words): one column where pupils are joined,
   kept and grouped, where eight words would cost many times as much. Of columns as `level_numbers`. #}
{% macro need_profile() -%}
    {{ profile_of_levels(level_numbers()) }}
{%- endmacro %}

{# The number of whom nothing is known. #}
{% macro unknown_profile() -%}
    {%- set numbers = {} -%}
    {%- for factor, levels in need_levels().items() -%}{%- do numbers.update({factor: levels | length - 1}) -%}{%- endfor -%}
    {{ profile_of_levels(numbers) }}
{%- endmacro %}

{# Level numbers by factor -> their profile: each factor is a digit in a number system of its own levels. #}
{% macro profile_of_levels(numbers) -%}
    {%- set sizes = [] -%}
    {%- for levels in need_levels().values() -%}{%- do sizes.append(levels | length) -%}{%- endfor -%}
    cast(
        {%- for factor in need_factors() %}
        {%- set place = namespace(worth=1) -%}
        {%- for size in sizes[loop.index:] -%}{%- set place.worth = place.worth * size -%}{%- endfor %}
        {{ "+ " if not loop.first }}({{ numbers[factor] }}) * {{ place.worth }}
        {%- endfor %}
        as integer
    )
{%- endmacro %}

{# The eight words of a profile, of `int_need_profiles` under another name. #}
{% macro words_of(profiles) -%}
    {%- for factor in need_factors() %}
    {{ profiles }}.{{ factor }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Every profile with its words. #}
{% macro all_need_profiles() %}
with
{%- for factor, levels in need_levels().items() %}
{{ factor }}_levels as (
    {%- for level in levels %}
    select
        {{ loop.index0 }} as place,
        '{{ level }}' as level
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
){{ "," if not loop.last }}
{%- endfor %}

select
    {%- set numbers = {} %}
    {%- for factor in need_factors() %}{% do numbers.update({factor: factor ~ "_levels.place"}) %}{% endfor %}
    {{ profile_of_levels(numbers) }} as need_profile,
    {%- for factor in need_factors() %}
    {{ factor }}_levels.level as {{ factor }}{{ "," if not loop.last }}
    {%- endfor %}
from {{ need_factors()[0] }}_levels
{%- for factor in need_factors()[1:] %}
cross join {{ factor }}_levels
{%- endfor %}
{% endmacro %}
