"""Objects as the API's messages print some of them: with the field names of its internal types, absent fields included.

A view is a table from internal names, in their order, to where the value lies in the object and what stands for an
absent one. Needed only where a message repeats a whole structure; most messages repeat plain values.
"""

from typing import Any, NamedTuple

Object = dict[str, Any]


class Part(NamedTuple):
    """One field of a view: path in the object ("" is the object itself), value if absent, view of what is there."""

    path: str
    absent: Any = None
    view: "View | None" = None


View = dict[str, Part]


def view(value: Object, fields: View) -> Object:
    """The object under its internal names."""
    return {name: _shown(_found(value, part.path), part) for name, part in fields.items()}


def _found(value: Any, path: str) -> Any:
    for key in path.split(".") if path else ():
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _shown(value: Any, part: Part) -> Any:
    if value is None or value == [] or (value == {} and part.view is None):
        return part.absent
    if part.view is None:
        return value
    if isinstance(value, list):
        return [view(item, part.view) for item in value]
    return view(value, part.view)


def _same(names: str, **absent: Any) -> View:
    """Fields whose names differ from the object's only in the capital."""
    return {name: Part(name[0].lower() + name[1:], absent.get(name)) for name in names.split()}


STRATEGY: View = {  # of Deployments and DaemonSets
    "Type": Part("type", ""),
    "RollingUpdate": Part("rollingUpdate", None, _same("MaxUnavailable MaxSurge", MaxUnavailable=0, MaxSurge=0)),
}
STATEFUL_SET_STRATEGY: View = {
    "Type": Part("type", ""),
    "RollingUpdate": Part("rollingUpdate", None, _same("Partition MaxUnavailable", Partition=0)),
}
SERVICE_PORT: View = {
    "Name": Part("name", ""),
    "Protocol": Part("protocol", ""),
    "AppProtocol": Part("appProtocol"),
    "Port": Part("port", 0),
    "TargetPort": Part("targetPort", 0),
    "NodePort": Part("nodePort", 0),
}
ROLE_REF: View = {"APIGroup": Part("apiGroup", ""), **_same("Kind Name", Kind="", Name="")}
PARENT_REFERENCE: View = _same("Group Resource Namespace Name", Group="", Resource="", Namespace="", Name="")
POD_CLAIM: View = _same("Name ResourceClaimName ResourceClaimTemplateName", Name="")
CSI_NODE_DRIVER: View = {
    "Name": Part("name", ""),
    "NodeID": Part("nodeID", ""),
    "TopologyKeys": Part("topologyKeys"),
    "Allocatable": Part("allocatable", None, _same("Count")),
}
ATTACHMENT: View = {
    "Attacher": Part("attacher", ""),
    "Source": Part("source", {}, _same("PersistentVolumeName InlineVolumeSpec")),
    "NodeName": Part("nodeName", ""),
}
FAILURE_POLICY: View = {
    "Rules": Part(
        "rules",
        None,
        {
            "Action": Part("action", ""),
            "OnExitCodes": Part("onExitCodes", None, _same("ContainerName Operator Values", Operator="")),
            "OnPodConditions": Part("onPodConditions", None, _same("Type Status", Type="", Status="")),
        },
    )
}
TOLERATION: View = _same("Key Operator Value Effect TolerationSeconds", Key="", Operator="", Value="", Effect="")
PROFILE: View = _same("Type LocalhostProfile", Type="")
TAINT: View = _same("Key Value Effect TimeAdded", Key="", Value="", Effect="")
NODE_ADDRESS: View = _same("Type Address", Type="", Address="")
VERSION: View = _same(
    "Name Served Storage Deprecated DeprecationWarning Schema Subresources AdditionalPrinterColumns SelectableFields",
    Name="",
    Served=False,
    Storage=False,
    Deprecated=False,
)
VALIDATION_RULE: View = _same(
    "Rule Message MessageExpression Reason FieldPath OptionalOldSelf",
    Rule="",
    Message="",
    MessageExpression="",
    FieldPath="",
)
SUCCESS_POLICY: View = {"Rules": Part("rules", None, _same("SucceededIndexes SucceededCount"))}
DISRUPTION_BUDGET: View = _same("MinAvailable Selector MaxUnavailable UnhealthyPodEvictionPolicy")

_RESOURCES = _same("Limits Requests Claims")
_PROBE_NUMBERS = "InitialDelaySeconds TimeoutSeconds PeriodSeconds SuccessThreshold FailureThreshold"
_HTTP_GET = _same("Path Port Host Scheme", Path="", Port=0, Host="", Scheme="") | {
    "HTTPHeaders": Part("httpHeaders", None, _same("Name Value", Name="", Value=""))
}
_ACTION: View = {
    "Exec": Part("exec", None, _same("Command")),
    "HTTPGet": Part("httpGet", None, _HTTP_GET),
    "TCPSocket": Part("tcpSocket", None, _same("Port Host", Port=0, Host="")),
}
_PROBE = (
    _ACTION
    | {"GRPC": Part("grpc", None, _same("Port Service", Port=0))}
    | _same(_PROBE_NUMBERS, **dict.fromkeys(_PROBE_NUMBERS.split(), 0))
    | _same("TerminationGracePeriodSeconds")
)
_HOOK = _ACTION | {"Sleep": Part("sleep", None, _same("Seconds", Seconds=0))}
_LIFECYCLE: View = {
    "PostStart": Part("postStart", None, _HOOK),
    "PreStop": Part("preStop", None, _HOOK),
    "StopSignal": Part("stopSignal"),
}
_ENV_SOURCE: View = {
    "FieldRef": Part("fieldRef", None, {"APIVersion": Part("apiVersion", ""), "FieldPath": Part("fieldPath", "")}),
    "ResourceFieldRef": Part(
        "resourceFieldRef", None, _same("ContainerName Resource Divisor", ContainerName="", Resource="", Divisor="0")
    ),
    "ConfigMapKeyRef": Part("configMapKeyRef", None, _same("Name Key Optional", Name="", Key="")),
    "SecretKeyRef": Part("secretKeyRef", None, _same("Name Key Optional", Name="", Key="")),
    "FileKeyRef": Part("fileKeyRef", None, _same("VolumeName Path Key Optional", VolumeName="", Path="", Key="")),
}
SECURITY_CONTEXT: View = {
    "Capabilities": Part("capabilities", None, _same("Add Drop")),
    "Privileged": Part("privileged"),
    "SELinuxOptions": Part("seLinuxOptions"),
    "WindowsOptions": Part("windowsOptions"),
    **_same("RunAsUser RunAsGroup RunAsNonRoot"),
    "ReadOnlyRootFilesystem": Part("readOnlyRootFilesystem"),
    **_same("AllowPrivilegeEscalation ProcMount"),
    "SeccompProfile": Part("seccompProfile", None, PROFILE),
    "AppArmorProfile": Part("appArmorProfile", None, PROFILE),
}
_CONTAINER: View = {
    "Name": Part("name", ""),
    "Image": Part("image", ""),
    "Command": Part("command"),
    "Args": Part("args"),
    "WorkingDir": Part("workingDir", ""),
    "Ports": Part(
        "ports",
        None,
        _same("Name HostPort ContainerPort Protocol", Name="", HostPort=0, ContainerPort=0, Protocol="")
        | {"HostIP": Part("hostIP", "")},
    ),
    "EnvFrom": Part(
        "envFrom",
        None,
        {
            "Prefix": Part("prefix", ""),
            "ConfigMapRef": Part("configMapRef", None, _same("Name Optional", Name="")),
            "SecretRef": Part("secretRef", None, _same("Name Optional", Name="")),
        },
    ),
    "Env": Part(
        "env", None, _same("Name Value", Name="", Value="") | {"ValueFrom": Part("valueFrom", None, _ENV_SOURCE)}
    ),
    "Resources": Part("resources", dict.fromkeys(_RESOURCES), _RESOURCES),
    "ResizePolicy": Part("resizePolicy", None, _same("ResourceName RestartPolicy", ResourceName="", RestartPolicy="")),
    "RestartPolicy": Part("restartPolicy"),
    "RestartPolicyRules": Part("restartPolicyRules"),
    "VolumeMounts": Part(
        "volumeMounts",
        None,
        _same("Name ReadOnly RecursiveReadOnly MountPath SubPath", Name="", ReadOnly=False, MountPath="", SubPath="")
        | _same("MountPropagation SubPathExpr", SubPathExpr=""),
    ),
    "VolumeDevices": Part("volumeDevices", None, _same("Name DevicePath", Name="", DevicePath="")),
    "LivenessProbe": Part("livenessProbe", None, _PROBE),
    "ReadinessProbe": Part("readinessProbe", None, _PROBE),
    "StartupProbe": Part("startupProbe", None, _PROBE),
    "Lifecycle": Part("lifecycle", None, _LIFECYCLE),
    **_same("TerminationMessagePath TerminationMessagePolicy", TerminationMessagePath="", TerminationMessagePolicy=""),
    "ImagePullPolicy": Part("imagePullPolicy", ""),
    "SecurityContext": Part("securityContext", None, SECURITY_CONTEXT),
    "Stdin": Part("stdin", False),
    "StdinOnce": Part("stdinOnce", False),
    "TTY": Part("tty", False),
}
_POD_SECURITY: View = {
    "HostNetwork": Part("hostNetwork", False),
    "HostPID": Part("hostPID", False),
    "HostIPC": Part("hostIPC", False),
    "ShareProcessNamespace": Part("shareProcessNamespace"),
    "HostUsers": Part("hostUsers"),
    **{
        name: Part(f"securityContext.{key}")
        for name, key in (
            ("SELinuxOptions", "seLinuxOptions"),
            ("WindowsOptions", "windowsOptions"),
            ("RunAsUser", "runAsUser"),
            ("RunAsGroup", "runAsGroup"),
            ("RunAsNonRoot", "runAsNonRoot"),
            ("SupplementalGroups", "supplementalGroups"),
            ("SupplementalGroupsPolicy", "supplementalGroupsPolicy"),
            ("FSGroup", "fsGroup"),
            ("FSGroupChangePolicy", "fsGroupChangePolicy"),
            ("Sysctls", "sysctls"),
            ("SeccompProfile", "seccompProfile"),
            ("AppArmorProfile", "appArmorProfile"),
            ("SELinuxChangePolicy", "seLinuxChangePolicy"),
        )
    },
}
_POD_SPEC: View = {
    "Volumes": Part("volumes"),
    "InitContainers": Part("initContainers", None, _CONTAINER),
    "Containers": Part("containers", None, _CONTAINER),
    "EphemeralContainers": Part("ephemeralContainers"),
    "RestartPolicy": Part("restartPolicy", ""),
    **_same("TerminationGracePeriodSeconds ActiveDeadlineSeconds"),
    "DNSPolicy": Part("dnsPolicy", ""),
    "NodeSelector": Part("nodeSelector"),
    "ServiceAccountName": Part("serviceAccountName", ""),
    "AutomountServiceAccountToken": Part("automountServiceAccountToken"),
    "NodeName": Part("nodeName", ""),
    "SecurityContext": Part("", None, _POD_SECURITY),
    "ImagePullSecrets": Part("imagePullSecrets", None, _same("Name", Name="")),
    **_same("Hostname Subdomain SetHostnameAsFQDN", Hostname="", Subdomain=""),
    "Affinity": Part("affinity"),
    "SchedulerName": Part("schedulerName", ""),
    "Tolerations": Part(
        "tolerations",
        None,
        TOLERATION,
    ),
    "HostAliases": Part("hostAliases", None, {"IP": Part("ip", ""), "Hostnames": Part("hostnames")}),
    **_same("PriorityClassName Priority PreemptionPolicy", PriorityClassName=""),
    "DNSConfig": Part("dnsConfig", None, _same("Nameservers Searches Options")),
    **_same("ReadinessGates RuntimeClassName Overhead EnableServiceLinks TopologySpreadConstraints"),
    "OS": Part("os", None, _same("Name", Name="")),
    **_same("SchedulingGates ResourceClaims Resources HostnameOverride SchedulingGroup"),
}
POD_TEMPLATE: View = {"Spec": Part("spec", {}, _POD_SPEC)}
