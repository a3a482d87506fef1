-- Teachers of each unit in full-time posts over a calendar year.
select
    staff.municipality_code,
    staff.accounts_year,
    staff.school_unit_code,
    staff.teacher_posts,
    staff.certified_posts
from {{ ref("stg_municipality__unit_staff") }} as staff
inner join {{ ref("int_accounts__fates") }} as fates
    on
        staff.delivery_id = fates.delivery_id
        and staff.delivery_row_number = fates.delivery_row_number
where fates.row_fate = 'used'
