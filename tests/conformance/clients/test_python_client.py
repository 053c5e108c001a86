"""The official Python client, typed and dynamic."""

import pytest

kubernetes = pytest.importorskip("kubernetes", reason="needs the Python client")
from kubernetes import client, config, dynamic, watch  # noqa: E402 - only where it is installed
from kubernetes.client.exceptions import ApiException  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # what its own libraries deprecate is theirs


@pytest.fixture
def api(plane):
    """A connection as kubectl's."""
    with config.new_client_from_config(str(plane.kubeconfig)) as made:
        yield made


@pytest.fixture
def namespace(api, namespace_name):
    core = client.CoreV1Api(api)
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=namespace_name)))
    core.create_namespaced_service_account(
        namespace_name, client.V1ServiceAccount(metadata=client.V1ObjectMeta(name="default"))
    )
    yield namespace_name
    core.delete_namespace(namespace_name)


def _config_map(name: str, **data: str) -> "client.V1ConfigMap":
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={"made": "here"}), data=data)


def _deployment() -> "client.V1Deployment":
    pod = client.V1PodSpec(containers=[client.V1Container(name="web", image="web:1")])
    template = client.V1PodTemplateSpec(metadata=client.V1ObjectMeta(labels={"app": "web"}), spec=pod)
    selector = client.V1LabelSelector(match_labels={"app": "web"})
    return client.V1Deployment(
        metadata=client.V1ObjectMeta(name="web"),
        spec=client.V1DeploymentSpec(replicas=2, selector=selector, template=template),
    )


def test_typed_objects_are_created_read_changed_and_deleted(api, namespace):
    core = client.CoreV1Api(api)
    core.create_namespaced_config_map(namespace, _config_map("settings", a="1"))
    read = core.read_namespaced_config_map("settings", namespace)
    read.data["b"] = "2"
    core.replace_namespaced_config_map("settings", namespace, read)
    core.patch_namespaced_config_map("settings", namespace, {"data": {"a": None}})
    assert core.read_namespaced_config_map("settings", namespace).data == {"b": "2"}
    with pytest.raises(ApiException) as refusal:
        core.replace_namespaced_config_map("settings", namespace, read)
    assert refusal.value.status == 409
    core.delete_namespaced_config_map("settings", namespace)
    assert core.list_namespaced_config_map(namespace, label_selector="made").items == []


def test_defaults_scale_and_status_arrive_typed(api, namespace):
    apps = client.AppsV1Api(api)
    made = apps.create_namespaced_deployment(namespace, _deployment())
    assert made.spec.strategy.rolling_update.max_surge == "25%"
    assert made.metadata.creation_timestamp.tzinfo is not None
    scale = apps.read_namespaced_deployment_scale("web", namespace)
    scale.spec.replicas = 5
    apps.replace_namespaced_deployment_scale("web", namespace, scale)
    apps.patch_namespaced_deployment_status("web", namespace, {"status": {"replicas": 4}})
    read = apps.read_namespaced_deployment("web", namespace)
    assert (read.spec.replicas, read.status.replicas) == (5, 4)


def test_a_list_comes_in_pieces(api, namespace):
    core = client.CoreV1Api(api)
    for number in range(5):
        core.create_namespaced_config_map(namespace, _config_map(f"part-{number}"))
    first = core.list_namespaced_config_map(namespace, limit=2)
    rest = core.list_namespaced_config_map(namespace, limit=9, _continue=first.metadata._continue)
    assert [item.metadata.name for item in first.items + rest.items] == [f"part-{number}" for number in range(5)]


def test_a_watch_goes_on_from_a_list(api, namespace):
    core = client.CoreV1Api(api)
    version = core.list_namespaced_config_map(namespace).metadata.resource_version
    core.create_namespaced_config_map(namespace, _config_map("seen"))
    core.delete_namespaced_config_map("seen", namespace)
    stream = watch.Watch().stream(
        core.list_namespaced_config_map, namespace, resource_version=version, timeout_seconds=1
    )
    assert [(event["type"], event["object"].metadata.name) for event in stream] == [
        ("ADDED", "seen"),
        ("DELETED", "seen"),
    ]


def test_the_dynamic_client_finds_kinds_and_applies(api, namespace):
    maps = dynamic.DynamicClient(api).resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "1"}}
    maps.server_side_apply(body=body, namespace=namespace, field_manager="test")
    body["data"] = {"b": "2"}
    maps.server_side_apply(body=body, namespace=namespace, field_manager="test")
    assert maps.get(name="settings", namespace=namespace).data.to_dict() == {"b": "2"}
    maps.delete(namespace=namespace, field_selector="metadata.name=settings", body={})
    assert maps.get(namespace=namespace).items == []


def test_tokens_and_access_reviews_are_answered(api, namespace):
    request = client.AuthenticationV1TokenRequest(spec=client.V1TokenRequestSpec(audiences=["vault"]))
    token = client.CoreV1Api(api).create_namespaced_service_account_token("default", namespace, request)
    assert token.status.token.count(".") == 2
    what = client.V1ResourceAttributes(verb="create", resource="pods", namespace=namespace)
    review = client.V1SelfSubjectAccessReview(spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=what))
    assert client.AuthorizationV1Api(api).create_self_subject_access_review(review).status.allowed
    assert client.VersionApi(api).get_code().minor == "36"
