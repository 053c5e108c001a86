"""Defaults of the admissionregistration group."""

from typing import Any

JSON = dict[str, Any]

WEBHOOK_SECONDS = 10
WEBHOOK_PORT = 443


def webhooks(obj: JSON) -> None:
    """ValidatingWebhookConfiguration."""
    for hook in obj.get("webhooks", ()):
        _webhook(hook)


def mutating_webhooks(obj: JSON) -> None:
    for hook in obj.get("webhooks", ()):
        _webhook(hook)
        hook.setdefault("reinvocationPolicy", "Never")


def _webhook(hook: JSON) -> None:
    hook.setdefault("failurePolicy", "Fail")
    _selection(hook)
    hook.setdefault("timeoutSeconds", WEBHOOK_SECONDS)
    _any_scope(hook.get("rules", ()))
    if "service" in hook["clientConfig"]:
        hook["clientConfig"]["service"].setdefault("port", WEBHOOK_PORT)


def _selection(chosen: JSON) -> None:
    chosen.setdefault("matchPolicy", "Equivalent")
    chosen.setdefault("namespaceSelector", {})
    chosen.setdefault("objectSelector", {})


def _any_scope(rules: list[JSON]) -> None:
    for rule in rules:
        rule.setdefault("scope", "*")


def policy(obj: JSON) -> None:
    """ValidatingAdmissionPolicy and MutatingAdmissionPolicy."""
    obj["spec"].setdefault("failurePolicy", "Fail")
    _match(obj["spec"].get("matchConstraints"))


def policy_binding(obj: JSON) -> None:
    _match(obj["spec"].get("matchResources"))


def _match(matched: JSON | None) -> None:
    if matched is not None:
        _selection(matched)
        _any_scope(matched.get("resourceRules", ()))
        _any_scope(matched.get("excludeResourceRules", ()))


DEFAULTS = {
    "MutatingAdmissionPolicy": policy,
    "MutatingAdmissionPolicyBinding": policy_binding,
    "MutatingWebhookConfiguration": mutating_webhooks,
    "ValidatingAdmissionPolicy": policy,
    "ValidatingAdmissionPolicyBinding": policy_binding,
    "ValidatingWebhookConfiguration": webhooks,
}
