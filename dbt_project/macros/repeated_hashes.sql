{#
    Hashes of `keys` (`row_hash`) that stand on more than one of the `rows` that meet `condition`: hardly any. A question
    about rows that share a key looks at those alone and compares the keys themselves.
#}
{% macro repeated_hashes(rows, keys, condition="true") -%}
(
    select key_hash
    from (
        select {{ row_hash(keys) }} as key_hash
        from {{ rows }}
        where {{ condition }}
    ) as hashed
    group by key_hash
    having count(*) > 1
)
{%- endmacro %}
