{# The eight factors of the need model, in the order of every key and every table. #}
{% macro need_factors() -%}
    {{ return([
        "guardian_education", "immigration", "household_income", "area_type",
        "sex", "econ_assistance", "household", "siblings",
    ]) }}
{%- endmacro %}

{# A pupil without a background row is never dropped: all eight factors are 'missing'. `otherwise`: where to look next. #}
{% macro factors_or_missing(background, otherwise=none) -%}
    {%- for factor in need_factors() %}
    coalesce({{ background }}.{{ factor }}, {{ otherwise ~ "." ~ factor ~ ", " if otherwise }}'missing') as {{ factor }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Of a pupil who came as one of a number, nothing is known. #}
{% macro factors_unknown() -%}
    {%- for factor in need_factors() %}
    'missing' as {{ factor }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The eight factors as levels, of columns as delivered and `years_in_sweden`. A value outside its scale is 'missing', never a
   neighbouring level; no immigration year means born in Sweden. #}
{% macro banded_factors() -%}
    case
        when guardian_education in (
            'post_secondary_long', 'post_secondary_short', 'upper_secondary', 'compulsory'
        ) then guardian_education
        else 'missing'
    end as guardian_education,
    case
        when immigration_year is null then 'born_in_sweden'
        when years_in_sweden >= 9 then 'years_9_or_more'
        when years_in_sweden >= 4 then 'years_4_to_8'
        when years_in_sweden >= 0 then 'years_0_to_3'
        else 'missing'
    end as immigration,
    case
        when household_income_quintile between 1 and 5
            then 'quintile_' || cast(household_income_quintile as string)
        else 'missing'
    end as household_income,
    case when area_type between 1 and 5 then 'area_' || cast(area_type as string) else 'missing' end as area_type,
    case when is_boy then 'boy' when not is_boy then 'girl' else 'missing' end as sex,
    case
        when has_econ_assistance then 'yes'
        when not has_econ_assistance then 'no'
        else 'missing'
    end as econ_assistance,
    case
        when lives_with_both then 'with_both'
        when not lives_with_both then 'not_with_both'
        else 'missing'
    end as household,
    case
        when sibling_count between 0 and 2 then 'siblings_0_to_2'
        when sibling_count >= 3 then 'siblings_3_or_more'
        else 'missing'
    end as siblings
{%- endmacro %}
