"""What objects cost: the resources of a pod as a whole, and how much of a quota an object uses up.

Pure functions, shared by admission, which counts what is asked for, and the controller that recounts what is there.
"""

from pyk3s.api.accounting.amounts import Amounts, pod_amounts
from pyk3s.api.accounting.constraints import COMPUTE, missing
from pyk3s.api.accounting.scopes import covers
from pyk3s.api.accounting.usage import used

__all__ = ["COMPUTE", "Amounts", "covers", "missing", "pod_amounts", "used"]
