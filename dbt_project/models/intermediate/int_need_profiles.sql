-- One row per combination of levels of the eight factors, with the number that stands for it where pupils are counted
-- (`need_profile`).
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
    {{ _profile_of(numbers) }} as need_profile,
    {%- for factor in need_factors() %}
    {{ factor }}_levels.level as {{ factor }}{{ "," if not loop.last }}
    {%- endfor %}
from {{ need_factors()[0] }}_levels
{%- for factor in need_factors()[1:] %}
cross join {{ factor }}_levels
{%- endfor %}
