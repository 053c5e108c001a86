"""Rules of what CSI drivers register: drivers, their nodes, their capacities, attachments of volumes."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, internals, selectors
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import volumes

LIFECYCLES = ("Ephemeral", "Persistent")
GROUP_POLICIES = ("File", "None", "ReadWriteOnceWithFSType")
FIXED_IN_DRIVER = ("attachRequired", "volumeLifecycleModes")
NODE_ID_LENGTH = 192


def driver_name(value: str) -> names.Messages:
    """Names of CSIDrivers: at most 63 characters."""
    if len(value) > 63:
        return ("must be no more than 63 characters",)
    return names.subdomain(value.lower())


def create_driver(driver: Object, errors: Errors) -> None:
    spec = driver.get("spec") or {}
    for key in ("attachRequired", "podInfoOnMount", "storageCapacity"):
        if spec.get(key) is None:
            errors.append(fields.required(f"spec.{key}"))
    if policy := spec.get("fsGroupPolicy"):
        checks.one_of(errors, policy, "spec.fsGroupPolicy", GROUP_POLICIES)
    seen: set[str] = set()
    for index, request in enumerate(spec.get("tokenRequests") or ()):
        path, audience = f"spec.tokenRequests[{index}]", request.get("audience", "")
        if audience in seen:
            errors.append(fields.duplicate(f"{path}.audience", audience))
        seen.add(audience)
        if (seconds := request.get("expirationSeconds")) is not None and seconds < 600:
            detail = "may not specify a duration less than 10 minutes"
            errors.append(fields.invalid(f"{path}.expirationSeconds", seconds, detail))
    for mode in spec.get("volumeLifecycleModes") or ():
        checks.one_of(errors, mode, "spec.volumeLifecycleModes", LIFECYCLES)


def update_driver(new: Object, old: Object, errors: Errors) -> None:
    create_driver(new, errors)
    checks.same_fields(errors, new.get("spec") or {}, old.get("spec") or {}, "spec", *FIXED_IN_DRIVER)


def create_node(node: Object, errors: Errors) -> None:
    seen: set[str] = set()
    for index, driver in enumerate((node.get("spec") or {}).get("drivers") or ()):
        path, name = f"spec.drivers[{index}]", driver.get("name", "")
        volumes.driver_name(name, f"{path}.name", errors)
        checks.present(errors, driver.get("nodeID"), f"{path}.nodeID")
        if len(driver.get("nodeID", "")) > NODE_ID_LENGTH:
            detail = f"must be {NODE_ID_LENGTH} characters or less"
            errors.append(fields.invalid(f"{path}.nodeID", driver["nodeID"], detail))
        checks.not_negative(errors, (driver.get("allocatable") or {}).get("count"), f"{path}.allocatable.count")
        if name in seen:
            errors.append(fields.duplicate(f"{path}.name", name))
        seen.add(name)
        _topology_keys(driver.get("topologyKeys") or [], path, errors)


def _topology_keys(keys: list[str], path: str, errors: Errors) -> None:
    for index, key in enumerate(keys):
        if not key:
            errors.append(fields.required(path))
        if key in keys[:index]:
            errors.append(fields.duplicate(path, key))
        for message in names.qualified_name(key):
            errors.append(fields.invalid(path, keys, message))


def update_node(new: Object, old: Object, errors: Errors) -> None:
    """Drivers come and go; of one that stays only how many volumes it can hold may change."""
    create_node(new, errors)
    after, before = ((each.get("spec") or {}).get("drivers") or [] for each in (new, old))
    known = {driver.get("name"): driver for driver in before}
    for driver in after:
        if (former := known.get(driver.get("name"))) is None:
            continue
        if {**driver, "allocatable": None} != {**former, "allocatable": None}:
            shown = internals.view(driver, internals.CSI_NODE_DRIVER)
            errors.append(fields.invalid("CSINodeDriver", shown, checks.IMMUTABLE))


def create_capacity(capacity: Object, errors: Errors) -> None:
    checks.required_text(errors, names.subdomain, capacity.get("storageClassName"), "storageClassName")
    if (topology := capacity.get("nodeTopology")) is not None:
        selectors.selector(topology, "nodeTopology", errors)
    for key in ("capacity", "maximumVolumeSize"):
        if (given := capacity.get(key)) is not None:
            checks.not_negative_quantity(errors, given, key)


def update_capacity(new: Object, old: Object, errors: Errors) -> None:
    create_capacity(new, errors)
    checks.same_fields(errors, new, old, "", "nodeTopology", "storageClassName")


def create_attachment(attachment: Object, errors: Errors) -> None:
    """A volume to attach to a node. Driver and volume are looked at twice, so that what is missing is told twice."""
    spec = attachment.get("spec") or {}
    attacher = spec.get("attacher")
    checks.present(errors, attacher, "spec.attacher")
    volumes.driver_name(attacher, "spec.attacher", errors)
    checks.text(errors, names.subdomain, spec.get("nodeName", ""), "spec.nodeName")
    source = spec.get("source") or {}
    named, inline = source.get("persistentVolumeName"), source.get("inlineVolumeSpec")
    detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
    if named is None and inline is None:
        errors.append(fields.required("spec.source", detail))
    elif named is not None and inline is not None:
        errors.append(fields.forbidden("spec.source", detail))
    if named is not None:
        path = "spec.source.persistentVolumeName"
        if inline is None:
            checks.present(errors, named, path, "must specify non empty persistentVolumeName")
        checks.text(errors, names.subdomain, named, path)


def update_attachment(new: Object, old: Object, errors: Errors) -> None:
    create_attachment(new, errors)
    if (spec := new.get("spec") or {}) != old.get("spec"):
        errors.append(fields.invalid("spec", internals.view(spec, internals.ATTACHMENT), checks.IMMUTABLE))
