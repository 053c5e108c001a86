import base64

import pytest

from pyk3s.api import advice


def told(plural, obj, group=""):
    return advice.KINDS[(group, plural)]({"metadata": {}, **obj})


def pod(container=None, **spec):
    listed = [{"name": "main", **(container or {})}]
    return told("pods", {"spec": {"containers": listed, **spec}})


def test_an_ordinary_pod_gets_no_advice():
    assert pod({"env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80}]}) == []


@pytest.mark.parametrize(
    ("container", "message"),
    [
        (
            {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
            'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
        ),
        (
            {"ports": [{"containerPort": 80, "protocol": "TCP"}] * 2},
            "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
        ),
        (
            {"resources": {"limits": {"memory": "100m"}}},
            'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
        ),
    ],
)
def test_doubtful_containers(container, message):
    assert pod(container) == [message]


def test_a_variable_that_extends_the_one_before_is_fine():
    assert pod({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "$(A)2"}]}) == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
            'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
        ),
        (
            {"terminationGracePeriodSeconds": -1},
            "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1",
        ),
        (
            {"volumes": [{"name": "v", "glusterfs": {}}]},
            "spec.volumes[0].glusterfs: deprecated in v1.25, non-functional in v1.26+",
        ),
        ({"imagePullSecrets": [{}]}, 'spec.imagePullSecrets[0].name: invalid empty name ""'),
        (
            {"hostAliases": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.1"}]},
            'spec.hostAliases[1].ip: duplicate ip "10.0.0.1"',
        ),
        (
            {"topologySpreadConstraints": [{"topologyKey": "zone"}]},
            "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
        ),
    ],
)
def test_doubtful_pods(spec, message):
    assert pod(**spec) == [message]


def test_templates_are_told_by_their_own_path():
    spec = {"template": {"spec": {"terminationGracePeriodSeconds": -1}}}
    assert told("deployments", {"spec": spec}, "apps")[0].startswith("spec.template.spec.terminationGracePeriodSeconds")


def test_services():
    spec = {"type": "ClusterIP", "clusterIP": "None", "sessionAffinity": "ClientIP", "externalIPs": ["192.0.2.7"]}
    assert told("services", {"spec": spec}) == [
        "spec.externalIPs is ignored for headless services",
        "spec.SessionAffinity is ignored for headless services",
    ]
    assert told("services", {"spec": {"trafficDistribution": "PreferClose"}}) == [
        'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'
    ]


@pytest.mark.parametrize(
    ("certificate", "key", "message"),
    [
        ("x", "x", "tls: failed to find any PEM data in certificate input"),
        (
            "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----",
            "x",
            'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the '
            "following types: [PRIVATE KEY]",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----",
            "x",
            "tls: failed to find any PEM data in key input",
        ),
    ],
)
def test_tls_secrets(certificate, key, message):
    data = {"tls.crt": certificate, "tls.key": key}
    encoded = {name: base64.b64encode(text.encode()).decode() for name, text in data.items()}
    assert told("secrets", {"type": "kubernetes.io/tls", "data": encoded}) == [message]


def test_other_kinds():
    assert told("ingresses", {"metadata": {"annotations": {"kubernetes.io/ingress.class": "x"}}}, "networking.k8s.io")
    assert told("csidrivers", {"spec": {"tokenRequests": [{}]}}, "storage.k8s.io")
    assert not told("csidrivers", {"spec": {}}, "storage.k8s.io")
    assert told("persistentvolumes", {"spec": {"persistentVolumeReclaimPolicy": "Recycle"}})
