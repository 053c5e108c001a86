from pyk3s.apiserver.authz.node import references


def test_a_pod_refers_to_what_its_environment_volumes_and_pulls_mention():
    pod = {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "imagePullSecrets": [{"name": "pull"}],
            "containers": [
                {
                    "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "key", "key": "k"}}}],
                    "envFrom": [{"configMapRef": {"name": "settings"}}],
                }
            ],
            "volumes": [
                {"name": "a", "secret": {"secretName": "files"}},
                {"name": "b", "persistentVolumeClaim": {"claimName": "data"}},
                {"name": "c", "projected": {"sources": [{"configMap": {"name": "root-ca"}}]}},
                {"name": "scratch", "ephemeral": {}},
            ],
        },
    }
    assert references.references(pod) == {
        ("secrets", "pull"),
        ("secrets", "key"),
        ("secrets", "files"),
        ("configmaps", "settings"),
        ("configmaps", "root-ca"),
        ("persistentvolumeclaims", "data"),
        ("persistentvolumeclaims", "web-scratch"),
    }
