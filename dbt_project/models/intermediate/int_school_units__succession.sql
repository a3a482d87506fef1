-- One row per predecessor and successor, from the seed and from the registers' lists of predecessors.
with
named_in_registers as (
    select
        school_unit_code as successor_code,
        {{ split_to_rows("predecessor_codes") }} as predecessor_code
    from {{ ref("int_school_register__observed") }}
    where predecessor_codes is not null
)

select
    predecessor_code,
    successor_code
from {{ ref("school_unit_succession") }}
union
select
    trim(predecessor_code) as predecessor_code,
    successor_code
from named_in_registers
where trim(predecessor_code) <> ''
