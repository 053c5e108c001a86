"""What the API keeps, drops or prints of a built-in field that has no value.

Built-in objects live in structs upstream, and JSON comes out of them by three facts per field that no published schema
tells: whether the field is a pointer (then zero and absent differ), whether it is left out when zero, and whether a
struct is held by value (then it is always printed). The tables list the smaller half of each; the schema's `required`
stands for "printed even when zero". What is printed also exists for field ownership, see `ownership.presence`.
"""

from typing import Literal

Zero = Literal["keep", "drop", "print", "null"]
"""keep: stays as it came, absent stays absent. drop: a zero value is removed. print: always there, as its zero value,
which for lists and maps is null. null: always there, null if absent."""


def _table(text: str) -> dict[str, frozenset[str]]:
    table: dict[str, frozenset[str]] = {}
    for line in filter(None, text.split("\n")):
        owner, _, names = line.partition(": ")
        table[owner] = table.get(owner, frozenset()) | frozenset(names.split())
    return table


# Optional numbers and booleans that are no pointers: 0 and false are left out.
_PLAIN = _table("""
admissionregistration.v1.ValidatingAdmissionPolicyStatus: observedGeneration
apiextensions.v1.CustomResourceColumnDefinition: priority
apiextensions.v1.CustomResourceDefinitionCondition: observedGeneration
apiextensions.v1.CustomResourceDefinitionSpec: preserveUnknownFields
apiextensions.v1.CustomResourceDefinitionStatus: observedGeneration
apiextensions.v1.CustomResourceDefinitionVersion: deprecated
apiextensions.v1.JSONSchemaProps: exclusiveMaximum exclusiveMinimum nullable uniqueItems
apiextensions.v1.JSONSchemaProps: x-kubernetes-embedded-resource x-kubernetes-int-or-string
apiregistration.v1.APIServiceSpec: insecureSkipTLSVerify
apps.v1.DaemonSetSpec: minReadySeconds
apps.v1.DaemonSetStatus: numberAvailable numberUnavailable observedGeneration updatedNumberScheduled
apps.v1.DeploymentSpec: minReadySeconds paused
apps.v1.DeploymentStatus: availableReplicas observedGeneration readyReplicas replicas
apps.v1.DeploymentStatus: unavailableReplicas updatedReplicas
apps.v1.ReplicaSetSpec: minReadySeconds
apps.v1.ReplicaSetStatus: availableReplicas fullyLabeledReplicas observedGeneration readyReplicas
apps.v1.StatefulSetSpec: minReadySeconds
apps.v1.StatefulSetStatus: currentReplicas observedGeneration readyReplicas updatedReplicas
authentication.v1.TokenReviewStatus: authenticated
authorization.v1.SubjectAccessReviewStatus: denied
autoscaling.v1.ScaleSpec: replicas
autoscaling.v2.HorizontalPodAutoscalerStatus: currentReplicas
batch.v1.JobStatus: active failed succeeded
core.v1.AWSElasticBlockStoreVolumeSource: partition readOnly
core.v1.AzureFilePersistentVolumeSource: readOnly
core.v1.AzureFileVolumeSource: readOnly
core.v1.CSIPersistentVolumeSource: readOnly
core.v1.CephFSPersistentVolumeSource: readOnly
core.v1.CephFSVolumeSource: readOnly
core.v1.CinderPersistentVolumeSource: readOnly
core.v1.CinderVolumeSource: readOnly
core.v1.Container: stdin stdinOnce tty
core.v1.ContainerImage: sizeBytes
core.v1.ContainerPort: hostPort
core.v1.ContainerStateTerminated: signal
core.v1.EphemeralContainer: stdin stdinOnce tty
core.v1.Event: count
core.v1.EventSeries: count
core.v1.FCVolumeSource: readOnly
core.v1.FlexPersistentVolumeSource: readOnly
core.v1.FlexVolumeSource: readOnly
core.v1.GCEPersistentDiskVolumeSource: partition readOnly
core.v1.GlusterfsPersistentVolumeSource: readOnly
core.v1.GlusterfsVolumeSource: readOnly
core.v1.ISCSIPersistentVolumeSource: chapAuthDiscovery chapAuthSession readOnly
core.v1.ISCSIVolumeSource: chapAuthDiscovery chapAuthSession readOnly
core.v1.NFSVolumeSource: readOnly
core.v1.NodeSpec: unschedulable
core.v1.PersistentVolumeClaimVolumeSource: readOnly
core.v1.PodCondition: observedGeneration
core.v1.PodSpec: hostIPC hostNetwork hostPID
core.v1.PodStatus: observedGeneration
core.v1.PortworxVolumeSource: readOnly
core.v1.Probe: failureThreshold initialDelaySeconds periodSeconds successThreshold timeoutSeconds
core.v1.QuobyteVolumeSource: readOnly
core.v1.RBDPersistentVolumeSource: readOnly
core.v1.RBDVolumeSource: readOnly
core.v1.ReplicationControllerSpec: minReadySeconds
core.v1.ReplicationControllerStatus: availableReplicas fullyLabeledReplicas observedGeneration readyReplicas
core.v1.ScaleIOPersistentVolumeSource: readOnly sslEnabled
core.v1.ScaleIOVolumeSource: readOnly sslEnabled
core.v1.ServicePort: nodePort
core.v1.ServiceSpec: healthCheckNodePort publishNotReadyAddresses
core.v1.StorageOSPersistentVolumeSource: readOnly
core.v1.StorageOSVolumeSource: readOnly
core.v1.VolumeMount: readOnly
core.v1.VolumeMountStatus: readOnly
events.v1.Event: deprecatedCount
flowcontrol.v1.ResourcePolicyRule: clusterScope
meta.v1.Condition: observedGeneration
meta.v1.ObjectMeta: generation
meta.v1.Status: code
meta.v1.StatusDetails: retryAfterSeconds
networking.v1.ServiceBackendPort: number
policy.v1.PodDisruptionBudgetStatus: observedGeneration
resource.v1.DeviceSubRequest: count
resource.v1.ExactDeviceRequest: count
scheduling.v1.PriorityClass: globalDefault
""")

# Optional texts that are pointers: the empty text is kept.
_POINTER_TEXTS = _table("""
admissionregistration.v1.MatchResources: matchPolicy
admissionregistration.v1.MutatingAdmissionPolicySpec: failurePolicy
admissionregistration.v1.MutatingWebhook: failurePolicy matchPolicy reinvocationPolicy sideEffects
admissionregistration.v1.ParamRef: parameterNotFoundAction
admissionregistration.v1.RuleWithOperations: scope
admissionregistration.v1.NamedRuleWithOperations: scope
admissionregistration.v1.ServiceReference: path
admissionregistration.v1.ValidatingAdmissionPolicySpec: failurePolicy
admissionregistration.v1.ValidatingWebhook: failurePolicy matchPolicy sideEffects
admissionregistration.v1.Validation: reason
admissionregistration.v1.WebhookClientConfig: url
apiextensions.v1.CustomResourceDefinitionVersion: deprecationWarning
apiextensions.v1.CustomResourceSubresourceScale: labelSelectorPath
apiextensions.v1.JSONSchemaProps: $ref x-kubernetes-list-type x-kubernetes-map-type
apiextensions.v1.ServiceReference: path
apiextensions.v1.ValidationRule: reason
apiextensions.v1.WebhookClientConfig: url
autoscaling.v2.HPAScalingRules: selectPolicy
batch.v1.CronJobSpec: timeZone
batch.v1.JobSpec: completionMode managedBy podReplacementPolicy
batch.v1.JobStatus: failedIndexes
batch.v1.PodFailurePolicyOnExitCodesRequirement: containerName
batch.v1.SuccessPolicyRule: succeededIndexes
coordination.v1.LeaseSpec: holderIdentity preferredHolder strategy
core.v1.AppArmorProfile: localhostProfile
core.v1.AzureDiskVolumeSource: cachingMode fsType kind
core.v1.AzureFilePersistentVolumeSource: secretNamespace
core.v1.CSIVolumeSource: fsType
core.v1.ClusterTrustBundleProjection: name signerName
core.v1.Container: restartPolicy
core.v1.ContainerStatus: stopSignal
core.v1.EndpointAddress: nodeName
core.v1.EndpointPort: appProtocol
core.v1.EphemeralContainer: restartPolicy
core.v1.GRPCAction: service
core.v1.GlusterfsPersistentVolumeSource: endpointsNamespace
core.v1.HostPathVolumeSource: type
core.v1.ISCSIPersistentVolumeSource: initiatorName
core.v1.ISCSIVolumeSource: initiatorName
core.v1.Lifecycle: stopSignal
core.v1.LocalVolumeSource: fsType
core.v1.PersistentVolumeClaimSpec: storageClassName volumeAttributesClassName volumeMode
core.v1.PersistentVolumeClaimStatus: currentVolumeAttributesClassName
core.v1.PersistentVolumeSpec: volumeAttributesClassName volumeMode
core.v1.PodDNSConfigOption: value
core.v1.PodResourceClaim: resourceClaimName resourceClaimTemplateName
core.v1.PodResourceClaimStatus: resourceClaimName
core.v1.PodSecurityContext: fsGroupChangePolicy seLinuxChangePolicy supplementalGroupsPolicy
core.v1.PodSpec: hostnameOverride preemptionPolicy runtimeClassName
core.v1.PortStatus: error
core.v1.SeccompProfile: localhostProfile
core.v1.SecurityContext: procMount
core.v1.ServicePort: appProtocol
core.v1.ServiceSpec: internalTrafficPolicy ipFamilyPolicy loadBalancerClass trafficDistribution
core.v1.TopologySpreadConstraint: nodeAffinityPolicy nodeTaintsPolicy
core.v1.TypedLocalObjectReference: apiGroup
core.v1.TypedObjectReference: apiGroup namespace
core.v1.VolumeMount: mountPropagation recursiveReadOnly
core.v1.VolumeMountStatus: recursiveReadOnly
core.v1.WindowsSecurityContextOptions: gmsaCredentialSpec gmsaCredentialSpecName runAsUserName
discovery.v1.Endpoint: hostname nodeName zone
discovery.v1.EndpointPort: appProtocol name protocol
meta.v1.DeleteOptions: propagationPolicy
meta.v1.Preconditions: resourceVersion uid
networking.v1.HTTPIngressPath: pathType
networking.v1.IngressClassParametersReference: apiGroup namespace scope
networking.v1.IngressPortStatus: error
networking.v1.IngressSpec: ingressClassName
networking.v1.NetworkPolicyPort: protocol
policy.v1.PodDisruptionBudgetSpec: unhealthyPodEvictionPolicy
resource.v1.Device: nodeName
resource.v1.DeviceAttribute: string version
resource.v1.DeviceConstraint: distinctAttribute matchAttribute
resource.v1.DeviceRequestAllocationResult: shareID
resource.v1.ResourceSliceSpec: nodeName
scheduling.v1.PriorityClass: preemptionPolicy
storage.v1.CSIDriverSpec: fsGroupPolicy
storage.v1.StorageClass: reclaimPolicy volumeBindingMode
storage.v1.VolumeAttachmentSource: persistentVolumeName
""")

# Optional structs held by value, beside `metadata`, and `spec` and `status` of a kind.
_BY_VALUE = _table("""
apiextensions.v1.CustomResourceDefinitionStatus: acceptedNames
apps.v1.DaemonSetSpec: updateStrategy
apps.v1.DeploymentSpec: strategy
apps.v1.ReplicaSetSpec: template
apps.v1.StatefulSetSpec: updateStrategy
authentication.v1.SelfSubjectReviewStatus: userInfo
authentication.v1.TokenReviewStatus: user
batch.v1.JobTemplateSpec: spec
core.v1.Container: resources
core.v1.ContainerStatus: lastState state
core.v1.EphemeralContainer: resources
core.v1.Event: source
core.v1.NodeDaemonEndpoints: kubeletEndpoint
core.v1.NodeStatus: daemonEndpoints nodeInfo
core.v1.PersistentVolumeClaimSpec: resources
core.v1.PodTemplate: template
core.v1.PodTemplateSpec: spec
core.v1.ServiceStatus: loadBalancer
discovery.v1.Endpoint: conditions
events.v1.Event: deprecatedSource regarding
flowcontrol.v1.LimitedPriorityLevelConfiguration: limitResponse
meta.v1.APIGroup: preferredVersion
networking.v1.IngressServiceBackend: port
networking.v1.IngressStatus: loadBalancer
networking.v1.NetworkPolicySpec: podSelector
resource.v1.AllocationResult: devices
resource.v1.ResourceClaimSpec: devices
""")

# Optional by schema, printed all the same.
_PRINTED = _table("""
apiextensions.v1.CustomResourceDefinitionStatus: conditions storedVersions
apps.v1.StatefulSetStatus: availableReplicas
autoscaling.v2.HorizontalPodAutoscalerStatus: currentMetrics
core.v1.Event: eventTime firstTimestamp lastTimestamp reportingComponent reportingInstance
core.v1.EventSeries: lastObservedTime
core.v1.ResourceFieldSelector: divisor
discovery.v1.EndpointSlice: endpoints ports
events.v1.Event: deprecatedFirstTimestamp deprecatedLastTimestamp eventTime
flowcontrol.v1.FlowSchemaSpec: matchingPrecedence
flowcontrol.v1.QueuingConfiguration: handSize queueLengthLimit queues
policy.v1.PodDisruptionBudgetStatus: currentHealthy desiredHealthy disruptionsAllowed expectedPods
rbac.v1.ClusterRole: rules
rbac.v1.Role: rules
scheduling.v1.PriorityClass: value
storage.v1.VolumeError: time
""")

# Required by schema but left out when absent: pointers whose absence validation refuses anyway.
_REQUIRED_POINTERS = _table("""
admissionregistration.v1.MutatingWebhook: sideEffects
admissionregistration.v1.ValidatingWebhook: sideEffects
networking.v1.HTTPIngressPath: pathType
networking.v1.IPAddressSpec: parentRef
apps.v1.DaemonSetSpec: selector
apps.v1.DeploymentSpec: selector
apps.v1.ReplicaSetSpec: selector
apps.v1.StatefulSetSpec: selector
autoscaling.v2.MetricTarget: value
networking.v1.IPAddressSpec: parentRef
""")

# Pointers that are printed as null.
_NULL_POINTERS = _table("""
authentication.v1.TokenRequestSpec: boundObjectRef
""")

# Times held by value, which are null where nobody set them; they have these names wherever they occur.
_VALUE_TIMES = frozenset(
    {"finishedAt", "lastHeartbeatTime", "lastProbeTime", "lastTransitionTime", "lastUpdateTime", "startedAt"}
)
_WITH_VALUE_TIMES = (
    "apiextensions.v1.",
    "apiregistration.v1.",
    "apps.v1.",
    "autoscaling.v2.",
    "batch.v1.JobCondition",
    "certificates.v1.",
    "core.v1.",
    "flowcontrol.v1.",
)
_NONE: frozenset[str] = frozenset()


def rule(definition: str, name: str, kind: str, *, required: bool, is_resource: bool) -> Zero:
    """What happens to a field without value. `definition` is the full name of the struct's type, `kind` the field's."""
    owner = ".".join(definition.rsplit(".", 3)[-3:])
    if name in _NULL_POINTERS.get(owner, _NONE):
        return "null"
    if name in _PRINTED.get(owner, _NONE):
        return "print"
    if required:
        return "keep" if name in _REQUIRED_POINTERS.get(owner, _NONE) else "print"
    match kind:
        case "object":
            of_kind = name == "metadata" or (is_resource and name in ("spec", "status"))
            return "print" if of_kind or name in _BY_VALUE.get(owner, _NONE) else "keep"
        case "integer" | "number" | "boolean":
            return "drop" if name in _PLAIN.get(owner, _NONE) else "keep"
        case "string":
            return "keep" if name in _POINTER_TEXTS.get(owner, _NONE) else "drop"
        case "array" | "map" | "bytes":
            return "drop"
        case "time" | "micro-time":
            return "print" if name in _VALUE_TIMES and owner.startswith(_WITH_VALUE_TIMES) else "keep"
    return "keep"
