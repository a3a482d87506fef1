"""What the municipality's systems would send: files as bytes, in Swedish formats, one module per delivery.

Belongs here: headers, codes, encodings, identities and dates as a vendor's export has them. Does not belong here: the
world's mechanisms, reading files back, or spoiling them (that is for tests of the door).
"""

from models_py.world.deliveries.accounts import deliver_accounts
from models_py.world.deliveries.files import Delivery, deliver
from models_py.world.deliveries.forms import deliver_forms
from models_py.world.deliveries.monthly import deliver_month
from models_py.world.deliveries.subject_results import deliver_subject_results

__all__ = ["Delivery", "deliver", "deliver_accounts", "deliver_forms", "deliver_month", "deliver_subject_results"]
