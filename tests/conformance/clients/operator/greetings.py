"""A kopf operator: for each Greeting it keeps a ConfigMap of the same name, which goes with it."""

import kopf
from kubernetes import client, config

config.load_kube_config()


@kopf.on.create("clients.test", "v1", "greetings")
@kopf.on.update("clients.test", "v1", "greetings")
def write(spec, name, namespace, **_):
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": spec["text"]}}
    kopf.adopt(body)
    core = client.CoreV1Api()
    try:
        core.create_namespaced_config_map(namespace, body)
    except client.ApiException as error:
        if error.status != 409:
            raise
        core.patch_namespaced_config_map(name, namespace, {"data": body["data"]})
    return {"written": spec["text"]}


@kopf.on.delete("clients.test", "v1", "greetings")
def forget(**_):
    """Its existence makes kopf put a finalizer on each Greeting, and take it off again."""
