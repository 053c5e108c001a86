"""`kubectl run`: one pod of an image."""

from typing import Any

from pyk3s.kubectl.arguments import EACH, SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.creating import generator
from pyk3s.kubectl.errors import CommandError, usage

JSON = dict[str, Any]
POLICIES = ("Always", "OnFailure", "Never")
FLAGS = (
    *generator.FLAGS,
    Flag("image", text="Image to run"),
    Flag("env", "", EACH, text="NAME=VALUE; may be repeated"),
    Flag("labels", "l", text="key=value,... labels of the pod"),
    Flag("annotations", "", EACH, text="key=value; may be repeated"),
    Flag("port", text="Port that the container opens"),
    Flag("restart", default="Always", text="Always, OnFailure or Never"),
    Flag("image-pull-policy", text="Always, IfNotPresent or Never"),
    Flag("command", "", SWITCH, text="What follows replaces the image's command"),
    Flag("privileged", "", SWITCH, text="Run it privileged"),
    Flag("stdin", "i", SWITCH, text="Refused: create the pod, then attach"),
    Flag("tty", "t", SWITCH, text="Refused: create the pod, then attach"),
    Flag("rm", "", SWITCH, text="Refused: delete the pod"),
    Flag("overrides", text="Refused: use -o yaml, edit, and create -f"),
    Flag("expose", "", SWITCH, text="Refused: use expose"),
)
REFUSED = ("stdin", "tty", "rm", "expose")


async def run(call: Call) -> int:
    flags = call.flags
    generator.required(call, "image")
    if not call.words:
        raise usage("NAME is required for run", "run")
    for name in REFUSED:
        if flags.on(name):
            raise CommandError(
                f"--{name} is refused by the built-in kubectl: run the pod, then use attach, expose or delete"
            )
    if flags.text("overrides"):
        raise CommandError("--overrides is refused by the built-in kubectl: change the output of -o yaml and create it")
    if flags.text("restart") not in POLICIES:
        raise usage(f"invalid restart policy: {flags.text('restart')}", "run")
    await generator.create(call, pod(call, call.words[0], call.words[1:]))
    return 0


def pod(call: Call, name: str, arguments: list[str]) -> JSON:
    """The pod that the flags ask for."""
    flags = call.flags
    container: JSON = {"image": flags.text("image"), "name": name, "resources": {}}
    if arguments:
        container["command" if flags.on("command") else "args"] = arguments
    if flags.many("env"):
        pairs = generator.pairs(flags.many("env"), "env")
        container["env"] = [{"name": key, "value": value} for key, value in pairs.items()]
    if flags.text("port"):
        container["ports"] = [{"containerPort": int(flags.text("port"))}]
    if flags.text("image-pull-policy"):
        container["imagePullPolicy"] = flags.text("image-pull-policy")
    if flags.on("privileged"):
        container["securityContext"] = {"privileged": True}
    labels = generator.pairs(flags.text("labels").split(","), "label spec") if flags.text("labels") else {"run": name}
    metadata: JSON = {"name": name, "labels": labels}
    if flags.many("annotations"):
        metadata["annotations"] = generator.pairs(flags.many("annotations"), "annotation")
    spec = {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": flags.text("restart")}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {}}


COMMAND = Command(
    'NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--command] -- [COMMAND] [args...]',
    "Run a particular image on the cluster",
    FLAGS,
    run,
)
