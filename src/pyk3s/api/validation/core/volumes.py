"""Rules of the volumes of a pod: one source each, and what each source needs.

Sources that only in-tree drivers of clouds understood are checked for what they require, no more.
"""

import re
from collections.abc import Callable, Mapping

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import claims, environment

HOST_PATH_TYPES = ("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket")
MOST_FILE_MODE = 0o777
WRITTEN_WHOLE = ("serviceAccountToken", "clusterTrustBundle")  # projections that are one file
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
Source = Callable[[Object, str, Errors], None]

_is_iscsi_name = re.compile(r"iqn\.\d{4}-\d{2}\.([a-z0-9-.]+)(:[^,;*&$|\s]+)|(eui|naa)\.[0-9A-Fa-f]+").fullmatch


def volumes(values: list[Object], path: str, errors: Errors) -> None:
    """`spec.volumes`."""
    seen: set[str] = set()
    for index, volume in enumerate(values):
        at = f"{path}[{index}]"
        source(volume, at, errors)
        name = volume.get("name")
        if not name:
            errors.append(fields.required(f"{at}.name"))
            continue
        checks.text(errors, names.label, name, f"{at}.name")
        if name in seen:
            errors.append(fields.duplicate(f"{at}.name", name))
        seen.add(name)


def source(volume: Object, path: str, errors: Errors) -> None:
    """The one source of a volume."""
    if not (stated := _stated(volume, SOURCES)):
        errors.append(fields.required(path, "must specify a volume type"))
        return
    first = stated[0]
    SOURCES[first](volume[first], f"{path}.{first}", errors)
    for key in stated[1:]:
        errors.append(fields.forbidden(f"{path}.{key}", "may not specify more than 1 volume type"))


def _stated(holder: Object, kinds: Mapping[str, Source]) -> list[str]:
    """Which of some kinds are set, in the order in which errors are told."""
    stated = [key for key, value in holder.items() if value is not None and key in kinds]
    return stated if len(stated) < 2 else [key for key in kinds if key in stated]


def needs(*keys: str) -> Source:
    """A source of which only certain fields must be there."""

    def rule(value: Object, path: str, errors: Errors) -> None:
        checks.present_fields(errors, value, path, *keys)

    return rule


def empty_dir(value: Object, path: str, errors: Errors) -> None:
    if (limit := value.get("sizeLimit")) is not None and checks.amount(limit).nanos < 0:
        errors.append(fields.forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity"))


def host_path(value: Object, path: str, errors: Errors) -> None:
    if not value.get("path"):
        errors.append(fields.required(f"{path}.path"))
        return
    checks.absolute_path_free_of_dots(errors, value["path"], f"{path}.path")
    if (kind := value.get("type")) is not None:
        checks.one_of(errors, kind, f"{path}.type", HOST_PATH_TYPES)


def git_repo(value: Object, path: str, errors: Errors) -> None:
    checks.present(errors, value.get("repository"), f"{path}.repository")
    checks.local_path(errors, value.get("directory", ""), f"{path}.directory")


def nfs(value: Object, path: str, errors: Errors) -> None:
    needs("server", "path")(value, path, errors)
    if value.get("path") and not value["path"].startswith("/"):
        errors.append(fields.invalid(f"{path}.path", value["path"], "must be an absolute path"))


def iscsi(value: Object, path: str, errors: Errors) -> None:
    needs("targetPortal", "iqn")(value, path, errors)
    if value.get("iqn") and not _is_iscsi_name(value["iqn"]):
        errors.append(fields.invalid(f"{path}.iqn", value["iqn"], "must be valid format"))
    checks.in_range(errors, value.get("lun", 0), f"{path}.lun", 0, 255)
    if (value.get("chapAuthDiscovery") or value.get("chapAuthSession")) and not value.get("secretRef"):
        errors.append(fields.required(f"{path}.secretRef"))


def persistent_claim(value: Object, path: str, errors: Errors) -> None:
    checks.present(errors, value.get("claimName"), f"{path}.claimName")


def fibre_channel(value: Object, path: str, errors: Errors) -> None:
    worldwide, targets = value.get("wwids"), value.get("targetWWNs")
    if not worldwide and not targets:
        errors.append(fields.required(f"{path}.targetWWNs", "must specify either targetWWNs or wwids, but not both"))
    elif worldwide and targets:
        detail = "targetWWNs and wwids can not be specified simultaneously"
        errors.append(fields.invalid(f"{path}.targetWWNs", targets, detail))
    elif targets and value.get("lun") is None:
        errors.append(fields.required(f"{path}.lun", "lun is required if targetWWNs is specified"))
    elif targets:
        checks.in_range(errors, value["lun"], f"{path}.lun", 0, 255)


def _mode(errors: Errors, holder: Object, key: str, path: str) -> None:
    mode = holder.get(key)
    if mode is not None and not 0 <= mode <= MOST_FILE_MODE:
        detail = "must be a number between 0 and 0777 (octal), both inclusive"
        errors.append(fields.invalid(f"{path}.{key}", mode, detail))


def _items(items: list[Object] | None, path: str, errors: Errors) -> None:
    """Keys of a ConfigMap or Secret and the files they become."""
    for index, item in enumerate(items or ()):
        at = f"{path}.items[{index}]"
        checks.present_fields(errors, item, at, "key")
        if not item.get("path"):
            errors.append(fields.required(f"{at}.path"))
        else:
            _file_name(item["path"], f"{at}.path", errors)
        _mode(errors, item, "mode", at)


def _file_name(value: str, path: str, errors: Errors) -> None:
    checks.local_path(errors, value, path)
    if value.startswith("..") and not value.startswith("../"):
        errors.append(fields.invalid(path, value, "must not start with '..'"))


def secret(value: Object, path: str, errors: Errors) -> None:
    checks.present(errors, value.get("secretName"), f"{path}.secretName")
    _mode(errors, value, "defaultMode", path)
    _items(value.get("items"), path, errors)


def config_map(value: Object, path: str, errors: Errors) -> None:
    checks.present(errors, value.get("name"), f"{path}.name")
    _mode(errors, value, "defaultMode", path)
    _items(value.get("items"), path, errors)


def downward_api(value: Object, path: str, errors: Errors) -> None:
    _mode(errors, value, "defaultMode", path)
    for index, item in enumerate(value.get("items") or ()):
        _downward_file(item, f"{path}[{index}]", errors)


def _downward_file(item: Object, path: str, errors: Errors) -> None:
    if not item.get("path"):
        errors.append(fields.required(f"{path}.path"))
    else:
        _file_name(item["path"], f"{path}.path", errors)
    if (reference := item.get("fieldRef")) is not None:
        environment.field_reference(reference, environment.VOLUME_FIELDS, f"{path}.fieldRef", errors)
        if item.get("resourceFieldRef") is not None:
            detail = "fieldRef and resourceFieldRef can not be specified simultaneously"
            errors.append(fields.invalid(path, "resource", detail))
    elif (reference := item.get("resourceFieldRef")) is not None:
        environment.resource_field_reference(reference, f"{path}.resourceFieldRef", errors, in_volume=True)
    else:
        errors.append(fields.required(path, "one of fieldRef and resourceFieldRef is required"))
    _mode(errors, item, "mode", path)


@checks.remembered
def projected(value: Object, path: str, errors: Errors) -> None:
    _mode(errors, value, "defaultMode", path)
    written: set[str] = set()
    for index, part in enumerate(value.get("sources") or ()):
        at = f"{path}.sources[{index}]"
        if not (stated := _stated(part, PROJECTIONS)):
            errors.append(fields.required(at, "must specify a volume type"))
            continue
        first = stated[0]
        PROJECTIONS[first](part[first], f"{at}.{first}", errors)
        _conflicts(part[first], first, written, at, errors)
        for key in stated[1:]:
            errors.append(fields.forbidden(f"{at}.{key}", "may not specify more than 1 volume type"))


def _conflicts(value: Object, key: str, written: set[str], path: str, errors: Errors) -> None:
    """No two projections may write one file."""
    for item in (value,) if key in WRITTEN_WHOLE else value.get("items") or ():
        target = item.get("path")
        if target and target in written:
            errors.append(fields.invalid(path, target, "conflicting duplicate paths"))
        elif target:
            written.add(target)


def _projected_keys(value: Object, path: str, errors: Errors) -> None:
    checks.present_fields(errors, value, path, "name")
    _items(value.get("items"), path, errors)


def _projected_downward(value: Object, path: str, errors: Errors) -> None:
    for index, item in enumerate(value.get("items") or ()):
        _downward_file(item, f"{path}.items[{index}]", errors)


def _projected_token(value: Object, path: str, errors: Errors) -> None:
    seconds = value.get("expirationSeconds", 3600)
    if seconds < 600:
        detail = "may not specify a duration less than 10 minutes"
        errors.append(fields.invalid(f"{path}.expirationSeconds", seconds, detail))
    if seconds > 1 << 32:
        detail = "may not specify a duration larger than 2^32 seconds"
        errors.append(fields.invalid(f"{path}.expirationSeconds", seconds, detail))
    if not value.get("path"):
        errors.append(fields.required(f"{path}.path"))
    else:
        _file_name(value["path"], f"{path}.path", errors)


def _projected_trust_bundle(value: Object, path: str, errors: Errors) -> None:
    if value.get("name") and value.get("signerName"):
        errors.append(fields.invalid(path, value, "only one of name and signerName may be used"))
    elif not value.get("name") and not value.get("signerName"):
        errors.append(fields.required(path, "either name or signerName must be specified"))
    if not value.get("path"):
        errors.append(fields.required(f"{path}.path"))
    else:
        _file_name(value["path"], f"{path}.path", errors)


def csi(value: Object, path: str, errors: Errors) -> None:
    driver_name(value.get("driver"), f"{path}.driver", errors)
    if (secret_ref := value.get("nodePublishSecretRef")) is not None:
        checks.required_text(errors, names.subdomain, secret_ref.get("name"), f"{path}.nodePublishSecretRef.name")


def driver_name(value: str | None, path: str, errors: Errors) -> None:
    """Name of a CSI driver: 63 characters of a domain, upper case allowed."""
    if not value:
        errors.append(fields.required(path))
        return
    if len(value) > 63:
        errors.append(fields.too_long(path, 63))
    for message in names.subdomain(value.lower()):
        errors.append(fields.invalid(path, value, message))


def ephemeral(value: Object, path: str, errors: Errors) -> None:
    if (template := value.get("volumeClaimTemplate")) is None:
        errors.append(fields.required(f"{path}.volumeClaimTemplate"))
        return
    claims.spec(template.get("spec") or {}, f"{path}.volumeClaimTemplate.spec", errors)


def image(value: Object, path: str, errors: Errors) -> None:
    checks.present(errors, value.get("reference"), f"{path}.reference")
    checks.one_of(errors, value.get("pullPolicy"), f"{path}.pullPolicy", PULL_POLICIES)


PROJECTIONS: dict[str, Source] = {
    "secret": _projected_keys,
    "configMap": _projected_keys,
    "downwardAPI": _projected_downward,
    "serviceAccountToken": _projected_token,
    "clusterTrustBundle": _projected_trust_bundle,
    "podCertificate": needs("signerName", "keyType"),
}
SOURCES: dict[str, Source] = {
    "emptyDir": empty_dir,
    "hostPath": host_path,
    "gitRepo": git_repo,
    "gcePersistentDisk": needs("pdName"),
    "awsElasticBlockStore": needs("volumeID"),
    "secret": secret,
    "nfs": nfs,
    "iscsi": iscsi,
    "glusterfs": needs("endpoints", "path"),
    "flocker": needs(),
    "persistentVolumeClaim": persistent_claim,
    "rbd": needs("monitors", "image"),
    "cinder": needs("volumeID"),
    "cephfs": needs("monitors"),
    "quobyte": needs("registry", "volume"),
    "downwardAPI": downward_api,
    "fc": fibre_channel,
    "flexVolume": needs("driver"),
    "configMap": config_map,
    "azureFile": needs("secretName", "shareName"),
    "vsphereVolume": needs("volumePath"),
    "photonPersistentDisk": needs("pdID"),
    "portworxVolume": needs("volumeID"),
    "azureDisk": needs("diskName", "diskURI"),
    "storageos": needs("volumeName"),
    "projected": projected,
    "scaleIO": needs("gateway", "system", "volumeName"),
    "csi": csi,
    "ephemeral": ephemeral,
    "image": image,
}
