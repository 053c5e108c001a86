"""Rules of Endpoints."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import services


def create(endpoints: Object, errors: Errors) -> None:
    for index, subset in enumerate(endpoints.get("subsets") or ()):
        path = f"subsets[{index}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            errors.append(fields.required(path, "must specify `addresses` or `notReadyAddresses`"))
        for key in ("addresses", "notReadyAddresses"):
            for position, address in enumerate(subset.get(key) or ()):
                _address(address, f"{path}.{key}[{position}]", errors)
        ports = subset.get("ports") or []
        for position, port in enumerate(ports):
            _port(port, len(ports) > 1, f"{path}.ports[{position}]", errors)


def _address(address: Object, path: str, errors: Errors) -> None:
    checks.valid_ip(errors, address.get("ip", ""), f"{path}.ip")
    if hostname := address.get("hostname"):
        checks.text(errors, names.label, hostname, f"{path}.hostname")
    if node := address.get("nodeName"):
        checks.text(errors, names.subdomain, node, f"{path}.nodeName")
    if checks.ip(address.get("ip", "")) is None:  # told once more by the check of what kind of address it is
        errors.append(fields.invalid(f"{path}.ip", address.get("ip", ""), "must be a valid IP address"))
    checks.ordinary_ip(errors, address.get("ip", ""), f"{path}.ip")


def _port(port: Object, named: bool, path: str, errors: Errors) -> None:
    if name := port.get("name"):
        checks.text(errors, names.label, name, f"{path}.name")
    elif named:
        errors.append(fields.required(f"{path}.name"))
    checks.port_number(errors, port.get("port", 0), f"{path}.port")
    checks.required_one_of(errors, port.get("protocol"), f"{path}.protocol", services.PROTOCOLS)
    if protocol := port.get("appProtocol"):
        checks.text(errors, names.qualified_name, protocol, f"{path}.appProtocol")


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)
