"""Monthly payments: from decided prices and a month's pupils to lines in whole öre, and corrections of earlier months.

Belongs here: the calendar, entitlement, events within the year, lines, reconciliation; pure functions over values. Does
not: which publication is decided, deliveries, files, who may release (``orchestration.payments``).
"""

from models_py.payment.balance import BalanceYear, OwnResult, as_budget_change, balance
from models_py.payment.budget_change import BudgetChange, matching_ore
from models_py.payment.calendar import CLOSING_MONTH, DayRule, FormCalendar, MonthDays, month_days, stockholm_day
from models_py.payment.counts import MonthCount, month_count
from models_py.payment.entitlement import Due, MonthDue, Unpayable, month_due
from models_py.payment.events import SchoolEvent, terms_of_month
from models_py.payment.inter_municipal import InterMunicipal, Undecided, is_claim
from models_py.payment.lines import COMPULSORY_SCHOOL, PaymentLine, in_order, refuse_broken, standing
from models_py.payment.reconcile import UnitSum, reconcile, refuse_unreconciled
from models_py.payment.settle import Before, CountUsed, settle
from models_py.payment.supplements import Supplement, supplement_ore
from models_py.payment.terms import DecidedLine, Grouping, Overheads, Payee, Price, YearTerms, year_terms

__all__ = [
    "CLOSING_MONTH", "COMPULSORY_SCHOOL", "BalanceYear", "Before", "BudgetChange", "CountUsed", "DayRule", "DecidedLine", "Due", "FormCalendar", "Grouping",
    "InterMunicipal", "MonthCount", "MonthDays", "MonthDue", "Overheads", "OwnResult", "Payee", "PaymentLine", "Price", "SchoolEvent",
    "Supplement", "Undecided", "UnitSum", "Unpayable", "YearTerms", "as_budget_change", "balance", "in_order", "is_claim",
    "matching_ore", "month_count", "month_days", "month_due", "reconcile", "refuse_broken", "refuse_unreconciled", "settle", "standing",
    "stockholm_day", "supplement_ore", "terms_of_month", "year_terms",
]  # fmt: skip
