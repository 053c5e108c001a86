"""Priority and fairness against a running API server."""

import pathlib
import urllib.request

from api_server import TOKEN, Api, running

FLOWS = "/apis/flowcontrol.apiserver.k8s.io/v1"
EVE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "eve"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "eve"}],
}


def uid(api: Api, plural: str, name: str) -> str:
    return str(api.send("GET", f"{FLOWS}/{plural}/{name}")[1]["metadata"]["uid"])


def test_a_write_says_which_flow_it_belonged_to(tmp_path: pathlib.Path) -> None:
    with running(tmp_path) as api:
        assert api.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", EVE)[0] == 201
        request = urllib.request.Request(
            f"{api.url}/api/v1/namespaces/default/configmaps",
            b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}',
            {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "Impersonate-User": "eve"},
        )
        with urllib.request.urlopen(request, context=api._context, timeout=30) as reply:
            schema = reply.headers["X-Kubernetes-PF-FlowSchema-UID"]
            level = reply.headers["X-Kubernetes-PF-PriorityLevel-UID"]
        assert schema == uid(api, "flowschemas", "global-default")
        assert level == uid(api, "prioritylevelconfigurations", "global-default")
