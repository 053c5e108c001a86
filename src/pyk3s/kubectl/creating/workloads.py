"""Deployments, Jobs and CronJobs out of images and commands."""

import re
from typing import Any

from pyk3s.kubectl.arguments import EACH, NUMBER, Flag
from pyk3s.kubectl.command import Call
from pyk3s.kubectl.creating import generator
from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
IMAGE = Flag("image", text="Image to run")


def deployment(call: Call, name: str) -> JSON:
    generator.required(call, "image")
    images, command = call.flags.many("image"), generator.after_dash(call)
    if len(images) > 1 and command:
        raise CommandError("cannot specify multiple --image options and command")
    labels = {"app": name}
    containers = [_container(image, command) for image in images]
    if call.flags.number("port"):
        for each in containers:
            each["ports"] = [{"containerPort": call.flags.number("port")}]
    spec = {
        "replicas": call.flags.number("replicas"),
        "selector": {"matchLabels": labels},
        "strategy": {},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
    }
    return _object("apps/v1", "Deployment", name, spec, labels)


def _container(image: str, command: list[str]) -> JSON:
    plain = re.split(r"[:@]", image.rpartition("/")[2])[0]
    container: JSON = {"image": image, "name": re.sub(r"[^a-z0-9-]", "-", plain.lower()), "resources": {}}
    return container | ({"command": command} if command else {})


def _object(api_version: str, kind: str, name: str, spec: JSON, labels: JSON | None = None) -> JSON:
    metadata: JSON = {"name": name} | ({"labels": labels} if labels else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, "status": {}}


async def job(call: Call, name: str) -> JSON:
    """A Job of an image, or of the template of a CronJob."""
    image, source, command = call.flags.text("image"), call.flags.text("from"), generator.after_dash(call)
    if bool(image) == bool(source):
        raise CommandError("either --image or --from must be specified")
    if source:
        if command:
            raise CommandError("cannot specify --from and command")
        return await _job_of(call, name, source)
    spec = {"template": {"metadata": {}, "spec": _pod(name, image, command, "Never")}}
    return _object("batch/v1", "Job", name, spec)


async def _job_of(call: Call, name: str, source: str) -> JSON:
    type_, _, found = source.partition("/")
    resource = (await call.context.discovery()).find(type_)
    if resource.kind != "CronJob":
        raise CommandError(f"from must be an existing cronjob: {source}")
    parent = await call.context.server.get(resource.path(call.context.namespace, found))
    template = parent["spec"]["jobTemplate"]
    metadata = template.get("metadata") or {}
    annotations = {"cronjob.kubernetes.io/instantiate": "manual", **(metadata.get("annotations") or {})}
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": parent["metadata"]["name"],
        "uid": parent["metadata"]["uid"],
        "controller": True,
    }
    obj = _object("batch/v1", "Job", name, template["spec"])
    obj["metadata"] |= {"annotations": annotations, "ownerReferences": [owner]}
    if metadata.get("labels"):
        obj["metadata"]["labels"] = metadata["labels"]
    return obj


def _pod(name: str, image: str, command: list[str], restart: str) -> JSON:
    container: JSON = {"image": image, "name": name, "resources": {}}
    return {"containers": [container | ({"command": command} if command else {})], "restartPolicy": restart}


def cron_job(call: Call, name: str) -> JSON:
    generator.required(call, "image", "schedule")
    flags = call.flags
    pod = _pod(name, flags.text("image"), generator.after_dash(call), flags.text("restart"))
    template = {"metadata": {"name": name}, "spec": {"template": {"metadata": {}, "spec": pod}}}
    return _object("batch/v1", "CronJob", name, {"jobTemplate": template, "schedule": flags.text("schedule")})


DEPLOYMENT = generator.command(
    "NAME --image=image -- [COMMAND] [args...]",
    "Create a deployment with the specified name",
    (
        Flag("image", "", EACH, text="Image to run; may be repeated"),
        Flag("replicas", "r", NUMBER, "1", text="How many pods"),
        Flag("port", "", NUMBER, text="Port that the container opens"),
    ),
    generator.pure(deployment),
)
JOB = generator.command(
    "NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]",
    "Create a job with the specified name",
    (IMAGE, Flag("from", text="The cronjob whose template to use")),
    job,
)
CRON_JOB = generator.command(
    "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...]",
    "Create a cron job with the specified name",
    (
        IMAGE,
        Flag("schedule", text="When to run, as in cron"),
        Flag("restart", default="OnFailure", text="OnFailure or Never"),
    ),
    generator.pure(cron_job),
)
