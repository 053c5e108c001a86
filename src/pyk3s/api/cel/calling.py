"""Calls from the library back into Python, without the memory that it loses on each.

cel-expr-python 0.1 never releases the tuple of arguments that it makes for a call, nor what the call returns: a text of
a megabyte that a rule has looked at would stay for ever. The tuple itself is visible only to a function of CPython's C
interface, so each of ours stands behind one (`PyCFunction_NewEx`); what has gone through is noted with the evaluation
and released once when that ends. Whether the library loses anything is tried out first, so that a version which does
not is left alone.

Nothing may rise through foreign code: an error is noted, and the library gets something that is no value.
"""

import ctypes
import functools
import sys
from collections.abc import Callable
from typing import Any

from pyk3s.api.cel import evaluation
from pyk3s.api.cel.evaluation import EvaluationError

FAILED = object()
"""What a call that failed gives to the library, which makes an error of it."""
_TAKES_TUPLE = 1  # METH_VARARGS
_FAILURES = (EvaluationError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_Signature = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.py_object)


class _Method(ctypes.Structure):
    """PyMethodDef."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("call", _Signature),
        ("flags", ctypes.c_int),
        ("documentation", ctypes.c_char_p),
    ]


def _called(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    meter = evaluation.current()
    try:
        made = function(*arguments)
    except _FAILURES as wrong:
        meter.failure = wrong if isinstance(wrong, EvaluationError) else EvaluationError(str(wrong))
        made = FAILED
    meter.lent.append(arguments)
    if not isinstance(made, bool) and made is not FAILED:
        meter.lent.append(made)
        meter.made += evaluation.weight(made)
    return made


_method = _Method(b"call", _Signature(_called), _TAKES_TUPLE, None)


def callback(function: Callable[..., Any]) -> Any:
    """What the library may call in the place of a function."""
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    return make(ctypes.byref(_method), function, None)


def release(meter: evaluation.Meter) -> None:
    """Give up what the library has not, once an evaluation is over."""
    if meter.lent and _loses():
        for each in meter.lent:
            _let_go(ctypes.py_object(each))


_let_go = ctypes.pythonapi.Py_DecRef


@functools.cache
def _loses() -> bool:
    """Whether the library keeps what goes through a call: tried with one call, and its references counted."""
    from cel_expr_python import cel

    overload = cel.Overload("try", cel.Type.BOOL, [cel.Type.INT], False, callback(lambda _: True))
    environment = cel.NewEnv(functions=[cel.FunctionDecl("try", [overload])])
    meter = evaluation.Meter(1, {})
    evaluation.begin(meter)
    try:
        environment.compile("try(12345)").eval()
    finally:
        evaluation.end()
    counted = 2  # the list, and the argument of getrefcount
    return sys.getrefcount(meter.lent[0]) > counted
