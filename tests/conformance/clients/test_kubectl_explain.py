"""kubectl explain from the served OpenAPI: every resource, whole."""

from concurrent import futures

AT_ONCE = 4


def _resources(kubectl) -> list[tuple[str, str]]:
    """Name and group/version of each resource that the server tells of."""
    lines = [line.split() for line in kubectl("api-resources", "--no-headers").splitlines()]
    # name [shortnames] apiversion namespaced kind
    return [(words[0], words[-3]) for words in lines]


def _explain(kubectl, *flags: str) -> list[tuple[str, str]]:
    """Each resource with what is explained of it."""
    resources = _resources(kubectl)

    def one(resource: tuple[str, str]) -> str:
        return kubectl("explain", resource[0], f"--api-version={resource[1]}", *flags)

    with futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return [(each[0], text) for each, text in zip(resources, pool.map(one, resources), strict=True)]


def test_every_resource_is_explained_with_all_its_fields(kubectl):
    explained = _explain(kubectl, "--recursive")
    assert len(explained) > 60
    for name, text in explained:
        assert "apiVersion\t<string>" in text, name
        assert "metadata\t<ObjectMeta>" in text or "metadata\t<Object>" in text, name


def test_every_resource_is_described_in_words(newest_kubectl):
    for name, text in _explain(newest_kubectl):
        description = text.partition("DESCRIPTION:")[2].partition("FIELDS:")[0]
        assert description.strip() not in ("", "<empty>"), name


def test_a_deep_field_is_explained_with_type_and_default(kubectl):
    text = kubectl("explain", "deployment.spec.template.spec.containers.livenessProbe.httpGet.port")
    assert "<IntOrString>" in text
    strategy = kubectl("explain", "deployments.spec.strategy.type")
    assert "RollingUpdate" in strategy


def test_an_unknown_field_is_not_explained(kubectl):
    assert 'field "colour" does not exist' in kubectl.refusal("explain", "pods.spec.colour")
