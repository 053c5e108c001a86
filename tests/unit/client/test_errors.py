"""Claims about which refusals do not matter."""

import pytest

from pyk3s.client import errors

GONE, CHANGED = errors.ApiError(404, "NotFound", "gone"), errors.ApiError(409, "Conflict", "changed")
EXISTS = errors.ApiError(409, "AlreadyExists", "exists")


def raised(error: errors.ApiError, *, changed: bool) -> bool:
    try:
        with errors.gone_is_fine(changed=changed):
            raise error
    except errors.ApiError:
        return True
    return False


@pytest.mark.parametrize(
    ("error", "changed", "matters"),
    [(GONE, False, False), (GONE, True, False), (CHANGED, False, True), (CHANGED, True, False), (EXISTS, True, True)],
)
def test_an_object_may_be_gone_or_have_changed(error: errors.ApiError, changed: bool, matters: bool) -> None:
    assert raised(error, changed=changed) is matters
