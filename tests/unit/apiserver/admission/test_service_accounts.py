import pytest
from admission_registry import asked, build, named, pod

from pyk3s.api import status
from pyk3s.apiserver.admission import service_accounts


def account(**rest):
    return named("ServiceAccount", "default", namespace="shop", **rest)


def mutated(account_, made):
    registry = build(account_)
    service_accounts.ServiceAccounts(registry).mutate(asked(registry, "", "pods", made))
    return made["spec"]


def test_a_pod_gets_the_default_account_and_a_token_in_every_container():
    spec = mutated(account(), pod(initContainers=[{"name": "first"}]))
    assert spec["serviceAccountName"] == spec["serviceAccount"] == "default"
    (volume,) = spec["volumes"]
    mount = {"name": volume["name"], "readOnly": True, "mountPath": service_accounts.TOKEN_PATH}
    assert [each["volumeMounts"] for each in (*spec["initContainers"], *spec["containers"])] == [[mount], [mount]]


def test_the_pod_decides_about_the_token_before_the_account():
    refusing = account(automountServiceAccountToken=False)
    assert "volumes" not in mutated(refusing, pod())
    assert mutated(refusing, pod(automountServiceAccountToken=True))["volumes"]
    assert "volumes" not in mutated(account(), pod(automountServiceAccountToken=False))


def test_pull_secrets_of_the_account_are_taken_over_unless_the_pod_has_some():
    pulling = account(imagePullSecrets=[{"name": "hub"}])
    assert mutated(pulling, pod())["imagePullSecrets"] == [{"name": "hub"}]
    assert mutated(pulling, pod(imagePullSecrets=[{"name": "own"}]))["imagePullSecrets"] == [{"name": "own"}]


def test_a_pod_of_an_unknown_account_is_refused():
    with pytest.raises(status.StatusError, match='serviceaccount "ghost" not found'):
        mutated(account(), pod(serviceAccountName="ghost"))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"serviceAccountName": "default"}, "reference service accounts"),
        ({"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}, "reference secrets"),
        ({"containers": [{"name": "a", "envFrom": [{"configMapRef": {"name": "m"}}]}]}, "reference configmaps"),
        (
            {"volumes": [{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]},
            "use ServiceAccountToken volume projections",
        ),
    ],
)
def test_a_mirror_pod_uses_nothing_of_the_api(spec, message):
    registry = build()
    made = {"metadata": {"name": "web", "namespace": "shop", "annotations": {service_accounts.MIRROR: "x"}}}
    made["spec"] = {"containers": [], **spec}
    plugin = service_accounts.ServiceAccounts(registry)
    plugin.mutate(asked(registry, "", "pods", made))
    with pytest.raises(status.StatusError, match=f"a mirror pod may not {message}"):
        plugin.validate(asked(registry, "", "pods", made))
