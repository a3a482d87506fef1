-- Teachers of each unit in full-time posts over a calendar year.
select
    staff.municipality_code,
    staff.accounts_year,
    staff.school_unit_code,
    staff.teacher_posts,
    staff.certified_posts
from {{ used_rows(ref("stg_municipality__unit_staff"), ref("int_accounts__fates")) }} as staff
