"""Rules of probes and lifecycle hooks: exactly one handler, numbers in range."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object

HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
SCHEMES = ("HTTP", "HTTPS")
NUMBERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


def handler(value: Object, path: str, errors: Errors, grace_s: int | None = None) -> None:
    """What a probe or a hook does."""
    chosen = ""
    for key in HANDLERS:
        action = value.get(key)
        if action is None:
            continue
        if chosen:
            errors.append(fields.forbidden(f"{path}.{key}", "may not specify more than 1 handler type"))
            continue
        chosen = key
        _action(key, action, f"{path}.{key}", errors, grace_s)
    if not chosen:
        errors.append(fields.required(path, "must specify a handler type"))


def _action(key: str, action: Object, path: str, errors: Errors, grace_s: int | None) -> None:
    if key == "exec":
        checks.present(errors, action.get("command"), f"{path}.command")
    elif key == "httpGet":
        _http_get(action, path, errors)
    elif key == "sleep":
        seconds, most = action.get("seconds", 0), 30 if grace_s is None else grace_s
        if not 0 <= seconds <= most:
            detail = f"must be non-negative and less than terminationGracePeriodSeconds ({most})"
            errors.append(fields.invalid(path, seconds, detail))
    elif key == "grpc":
        checks.port_number(errors, action.get("port", 0), f"{path}.port")
    else:
        checks.port_or_name(errors, action.get("port", 0), f"{path}.port")


def _http_get(action: Object, path: str, errors: Errors) -> None:
    checks.present(errors, action.get("path"), f"{path}.path")
    checks.port_or_name(errors, action.get("port", 0), f"{path}.port")
    checks.one_of(errors, action.get("scheme"), f"{path}.scheme", SCHEMES)
    for index, header in enumerate(action.get("httpHeaders") or ()):
        checks.text(errors, names.http_header, header.get("name", ""), f"{path}.httpHeaders[{index}].name")


def probe(value: Object, path: str, errors: Errors) -> None:
    """What all probes share."""
    handler(value, path, errors)
    checks.not_negative_fields(errors, value, path, *NUMBERS)
    checks.positive(errors, value.get("terminationGracePeriodSeconds"), f"{path}.terminationGracePeriodSeconds")


@checks.remembered
def liveness(value: Object, path: str, errors: Errors) -> None:
    """Liveness and start-up probes: one success is enough, by definition."""
    probe(value, path, errors)
    if (threshold := value.get("successThreshold", 1)) != 1:
        errors.append(fields.invalid(f"{path}.successThreshold", threshold, "must be 1"))


@checks.remembered
def readiness(value: Object, path: str, errors: Errors) -> None:
    probe(value, path, errors)
    if (grace := value.get("terminationGracePeriodSeconds")) is not None:
        detail = "must not be set for readinessProbes"
        errors.append(fields.invalid(f"{path}.terminationGracePeriodSeconds", grace, detail))


def lifecycle(value: Object, path: str, errors: Errors, grace_s: int | None) -> None:
    for key in ("postStart", "preStop"):
        if (hook := value.get(key)) is not None:
            handler(hook, f"{path}.{key}", errors, grace_s)
