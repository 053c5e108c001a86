"""What the API says about objects that are valid, but old-fashioned or probably not what was meant: warnings.

Pure functions of an object; `KINDS` says which kinds have any. The words are those of the Kubernetes API.
"""

from pyk3s.api.advice.kinds import KINDS, Advise

__all__ = ["KINDS", "Advise"]
