"""lightkube, which types every kind, and kr8s, which speaks kubectl's words."""

import pytest

pytestmark = pytest.mark.filterwarnings("default")  # what their own libraries deprecate is theirs


@pytest.fixture
def here(plane, monkeypatch):
    """A process that finds the server as kubectl would."""
    for name, value in plane.environment.items():
        monkeypatch.setenv(name, value)
    return plane


def test_lightkube_applies_lists_patches_watches_and_deletes(here, namespace_name):
    lightkube = pytest.importorskip("lightkube", reason="needs lightkube")
    from lightkube.models.meta_v1 import ObjectMeta
    from lightkube.resources.apps_v1 import Deployment
    from lightkube.resources.core_v1 import ConfigMap, Namespace

    client = lightkube.Client(namespace=namespace_name, field_manager="lightkube")
    client.create(Namespace(metadata=ObjectMeta(name=namespace_name)))
    made = client.apply(ConfigMap(metadata=ObjectMeta(name="settings"), data={"a": "1"}))
    client.patch(ConfigMap, "settings", {"data": {"b": "2"}})
    assert client.get(ConfigMap, "settings").data == {"a": "1", "b": "2"}
    assert [item.metadata.name for item in client.list(ConfigMap, chunk_size=1)] == ["settings"]
    events = client.watch(ConfigMap, resource_version=made.metadata.resourceVersion)
    assert next(events)[0] == "MODIFIED"
    events.close()
    client.delete(ConfigMap, "settings")
    with pytest.raises(lightkube.ApiError) as refusal:
        client.get(Deployment, "none")
    assert refusal.value.status.reason == "NotFound"
    client.delete(Namespace, namespace_name)


def test_kr8s_creates_scales_selects_labels_and_deletes(here, namespace_name):
    kr8s = pytest.importorskip("kr8s", reason="needs kr8s")
    from kr8s.objects import ConfigMap, Deployment, Namespace

    api = kr8s.api(kubeconfig=str(here.kubeconfig), namespace=namespace_name)
    space = Namespace({"metadata": {"name": namespace_name}}, api=api)
    space.create()
    settings = ConfigMap({"metadata": {"name": "settings", "namespace": namespace_name}, "data": {"a": "1"}}, api=api)
    settings.create()
    settings.label({"made": "here"})
    settings.patch({"data": {"b": "2"}})
    [found] = api.get("configmaps", namespace=namespace_name, label_selector={"made": "here"})
    assert found.data == {"a": "1", "b": "2"}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    web = Deployment({"metadata": {"name": "web", "namespace": namespace_name}, "spec": spec}, api=api)
    web.create()
    web.patch({"spec": {"replicas": 3}}, subresource="scale")
    web.refresh()
    assert web.replicas == 3
    settings.delete()
    assert not settings.exists()
    space.delete()
    assert api.version()["minor"] == "36"
