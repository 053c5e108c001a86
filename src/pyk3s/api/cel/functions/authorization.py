"""The authorizer of admission policies: asks whether somebody may do something.

Expressions only pass on the calls; the objects that answer come from whoever evaluates the expression. Such an object
has the attribute `cel_type`, one of the types below, and a method for each function of its type; what a method returns
is again such an object, or a plain value.
"""

from collections.abc import Callable
from typing import Any, Protocol

from pyk3s.api.cel import evaluation
from pyk3s.api.cel.declarations import Function, method, overload
from pyk3s.api.cel.evaluation import EvaluationError
from pyk3s.api.cel.values import TYPE, VALUE, Opaque, opaque

AUTHORIZER = "kubernetes.authorization.Authorizer"
PATH_CHECK = "kubernetes.authorization.PathCheck"
GROUP_CHECK = "kubernetes.authorization.GroupCheck"
RESOURCE_CHECK = "kubernetes.authorization.ResourceCheck"
DECISION = "kubernetes.authorization.Decision"
VARIABLES = {"authorizer": AUTHORIZER, "authorizer.requestResource": RESOURCE_CHECK}
"""The types of the variables that hold such objects."""
CHECK_COST = 350_000
"""Allows two checks in one expression, as in Kubernetes."""


class HasMethods(Protocol):
    """An object that expressions may call."""

    cel_type: str


def handle(held: HasMethods) -> Opaque:
    """What stands for an object inside the evaluation that is under way."""
    objects = evaluation.current().objects
    objects.append(held)
    return opaque(held.cel_type, len(objects) - 1)


def _calling(name: str, cost: int = 1) -> Callable[..., Any]:
    def call(receiver: Opaque, *arguments: Any) -> Any:
        evaluation.spend(cost)
        objects, index = evaluation.current().objects, receiver[VALUE]
        if not isinstance(index, int) or not 0 <= index < len(objects) or objects[index].cel_type != receiver[TYPE]:
            raise EvaluationError("no such overload")
        made = getattr(objects[index], name)(*arguments)
        return handle(made) if hasattr(made, "cel_type") else made

    return call


def _steps(name: str, *types: str, result: str = "") -> Function:
    """A function that takes one text and narrows what is asked."""
    return method(name, *(overload(f"{type_} string", result or type_, _calling(name)) for type_ in types))


AUTHORIZATION: tuple[Function, ...] = (
    _steps("path", AUTHORIZER, result=PATH_CHECK),
    _steps("group", AUTHORIZER, result=GROUP_CHECK),
    method("serviceAccount", overload(f"{AUTHORIZER} string string", AUTHORIZER, _calling("serviceAccount"))),
    _steps("resource", GROUP_CHECK, result=RESOURCE_CHECK),
    *(_steps(n, RESOURCE_CHECK) for n in ("subresource", "namespace", "name", "fieldSelector", "labelSelector")),
    method(
        "check",
        overload(f"{PATH_CHECK} string", DECISION, _calling("check", CHECK_COST)),
        overload(f"{RESOURCE_CHECK} string", DECISION, _calling("check", CHECK_COST)),
    ),
    method("allowed", overload(DECISION, "bool", _calling("allowed"))),
    method("errored", overload(DECISION, "bool", _calling("errored"))),
    method("error", overload(DECISION, "string", _calling("error"))),
    method("reason", overload(DECISION, "string", _calling("reason"))),
)
