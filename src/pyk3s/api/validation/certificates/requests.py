"""Rules of CertificateSigningRequests: what is asked for, who may decide, what a status may say.

The PEM of a request is checked here by its frame; whether it parses is asked of cryptography, imported only then.
"""

import base64
import binascii
import re

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object

USAGES = frozenset(
    {
        "signing",
        "digital signature",
        "content commitment",
        "key encipherment",
        "key agreement",
        "data encipherment",
        "cert sign",
        "crl sign",
        "encipher only",
        "decipher only",
        "any",
        "server auth",
        "client auth",
        "code signing",
        "email protection",
        "s/mime",
        "ipsec end system",
        "ipsec tunnel",
        "ipsec user",
        "timestamping",
        "ocsp signing",
        "microsoft sgc",
        "netscape sgc",
    }
)
DECISIONS = ("Approved", "Denied", "Failed")
LEAST_SECONDS = 600
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s*\n(.*?)-----END \1-----", re.DOTALL)
_FRAME = re.compile(rb"-----BEGIN ([^-]+)-----\s.*?-----END \1-----", re.DOTALL)
NOT_A_REQUEST = "PEM block type must be CERTIFICATE REQUEST"


def create(request: Object, errors: Errors) -> None:
    spec = request.get("spec") or {}
    if problem := _request_problem(spec.get("request") or ""):
        errors.append(fields.invalid("spec.request", spec.get("request") or "", problem))
    usages = spec.get("usages") or []
    checks.present(errors, usages, "spec.usages")
    for index, usage in enumerate(usages):
        if usage not in USAGES:
            errors.append(fields.not_supported(f"spec.usages[{index}]", usage, sorted(USAGES)))
    checks.unique(errors, usages, lambda index: f"spec.usages[{index}]")
    _signer(spec.get("signerName", ""), "spec.signerName", errors)
    if (seconds := spec.get("expirationSeconds")) is not None and seconds < LEAST_SECONDS:
        detail = f"may not specify a duration less than {LEAST_SECONDS} seconds (10 minutes)"
        errors.append(fields.invalid("spec.expirationSeconds", seconds, detail))
    _conditions(request, "status.conditions", errors)


def _request_problem(encoded: str) -> str:
    try:
        document = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return NOT_A_REQUEST
    frame = _FRAME.search(document)
    if frame is None or frame.group(1) != b"CERTIFICATE REQUEST":
        return NOT_A_REQUEST
    from cryptography import x509  # heavy, and certificates are requested rarely
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        signed = x509.load_pem_x509_csr(frame.group(0)).is_signature_valid
    except (ValueError, InvalidSignature, UnsupportedAlgorithm) as wrong:
        return str(wrong) or "malformed certificate request"
    return "" if signed else "x509: signature of the request is not valid"


def _signer(name: str, path: str, errors: Errors) -> None:
    """`domain/path`, such as `kubernetes.io/kubelet-serving`."""
    if not name:
        errors.append(fields.required(path))
        return
    segments = name.split("/")
    if len(segments) != 2:
        detail = 'must be a fully qualified domain and path of the form "example.com/signer-name"'
        errors.append(fields.invalid(path, name, detail))
        return
    if "." not in segments[0]:
        detail = "should be a domain with at least two segments separated by dots"
        errors.append(fields.invalid(path, segments[0], detail))
    for part in segments:
        checks.text(errors, names.subdomain, part, path)


def _conditions(request: Object, path: str, errors: Errors) -> None:
    seen: set[str] = set()
    kinds = {condition.get("type") for condition in (request.get("status") or {}).get("conditions") or ()}
    for index, condition in enumerate((request.get("status") or {}).get("conditions") or ()):
        at, kind = f"{path}[{index}]", condition.get("type", "")
        checks.present(errors, kind, f"{at}.type")
        _state(condition.get("status", ""), kind, f"{at}.status", errors)
        if kind in seen:
            errors.append(fields.duplicate(f"{at}.type", kind))
        seen.add(kind)
        if kind == "Denied" and "Approved" in kinds:
            errors.append(fields.invalid(f"{at}.type", kind, "Approved and Denied conditions are mutually exclusive"))


def _state(state: str, kind: str, path: str, errors: Errors) -> None:
    if not state:
        errors.append(fields.required(path))
    elif kind in DECISIONS:
        checks.one_of(errors, state, path, ("True",))
    else:
        checks.one_of(errors, state, path, ("False", "True", "Unknown"))


def _decided(request: Object, kind: str) -> list[Object]:
    conditions = (request.get("status") or {}).get("conditions") or ()
    return [condition for condition in conditions if condition.get("type") == kind]


def _kept(new: Object, old: Object, errors: Errors, *, deciding: bool) -> None:
    """Decisions are made by `approval` alone, and never taken back."""
    _conditions(new, "status.conditions", errors)
    for kind in ("Approved", "Denied", "Failed"):
        after, before = _decided(new, kind), _decided(old, kind)
        if before and not after:
            detail = f'updates may not remove a condition of type "{kind}"'
            errors.append(fields.forbidden("status.conditions", detail))
        elif after and not before and kind != "Failed" and not deciding:
            detail = f'updates may not add a condition of type "{kind}"'
            errors.append(fields.forbidden("status.conditions", detail))
        elif before and after != before and kind != "Failed":
            detail = f'updates may not modify a condition of type "{kind}"'
            errors.append(fields.forbidden("status.conditions", detail))


def update(new: Object, old: Object, errors: Errors) -> None:
    _kept(new, old, errors, deciding=False)


def update_status(new: Object, old: Object, errors: Errors) -> None:
    _kept(new, old, errors, deciding=False)
    before, after = ((each.get("status") or {}).get("certificate") or "" for each in (old, new))
    if after and not _certificate_problem(before) and (problem := _certificate_problem(after)):
        errors.append(fields.invalid("status.certificate", "<certificate data>", problem))
    if before and before != after:
        errors.append(fields.forbidden("status.certificate", "updates may not modify existing certificate content"))


def _certificate_problem(encoded: str) -> str:
    """What is wrong with a chain of certificates in PEM, if anything."""
    blocks = 0
    for found in _BLOCK.finditer(base64.b64decode(encoded)):
        kind = found.group(1).decode("utf-8", "replace")
        if kind != "CERTIFICATE":
            return f"only CERTIFICATE PEM blocks are allowed, found {fields.shown(kind)}"
        if b":" in found.group(2):
            return "no PEM block headers are permitted"
        blocks += 1
        from cryptography import x509  # heavy, and certificates are issued rarely

        try:
            x509.load_pem_x509_certificate(found.group(0))
        except ValueError:
            return "x509: malformed certificate"
    return "must contain at least one CERTIFICATE PEM block" if encoded and not blocks else ""


def update_approval(new: Object, old: Object, errors: Errors) -> None:
    _kept(new, old, errors, deciding=True)
