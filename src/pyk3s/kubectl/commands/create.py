"""`kubectl create`: objects of files, and generators for the common kinds."""

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import manifests, results, targets
from pyk3s.kubectl.arguments import Flag
from pyk3s.kubectl.command import Call, Command, Group
from pyk3s.kubectl.creating import access, configuration, generator, policies, services, workloads
from pyk3s.kubectl.errors import CommandError, no_more_words, told
from pyk3s.kubectl.merging import last_applied


async def run(call: Call) -> int:
    """Create each object of the files; those that fail do not keep the others from being made."""
    no_more_words(call.words, call.path)
    if call.flags.text("raw"):
        return await _raw(call)
    if not manifests.wanted(call):
        raise CommandError("must specify one of -f and -k")
    found, failed = results.Results(call), False
    run_dry = results.dry_run(call)
    for manifest in manifests.read(call):
        try:
            target = await targets.target_of(call, manifest)
            await _create(call, target, found, run_dry)
        except ApiError as error:
            failed = True
            call.context.complain(told(beside(error, "creating", manifest.source)))
        except CommandError as error:
            failed = True
            call.context.complain(told(error))
    return 1 if failed else 0


def beside(error: ApiError, doing: str, source: str) -> ApiError:
    """The error with the file it is about, except where it lists fields."""
    if error.reason == "Invalid" or not source:
        return error
    return ApiError(error.code, error.reason, f'error when {doing} "{source}": {error.message}', error.details)


async def _create(call: Call, target: targets.Target, found: results.Results, run_dry: str) -> None:
    obj = last_applied.annotated(target.object) if call.flags.on("save-config") else target.object
    if run_dry != results.CLIENT:
        path = target.resource.path(target.namespace)
        obj = await call.context.server.json("POST", path, obj, results.query(call, generator.MANAGER, validated=True))
    found.done(target.resource, obj, "created")


async def _raw(call: Call) -> int:
    files = call.flags.many("filename")
    if len(files) != 1:
        raise CommandError("--raw can only use a single local file or stdin")
    body = call.context.stdin.read() if files[0] == "-" else manifests.bytes_of(files[0])
    call.context.write(await call.context.server.call("POST", call.flags.text("raw"), body))
    return 0


OWN = Command(
    "-f FILENAME",
    "Create a resource from a file or from stdin",
    (*manifests.FLAGS, *generator.FLAGS, targets.SELECTOR, Flag("raw", text="Path to send the file to as it is")),
    run,
)
COMMAND = Group(
    OWN.summary,
    {
        "clusterrole": access.CLUSTER_ROLE,
        "clusterrolebinding": access.CLUSTER_ROLE_BINDING,
        "configmap": configuration.CONFIG_MAP,
        "cm": configuration.CONFIG_MAP,
        "cronjob": workloads.CRON_JOB,
        "cj": workloads.CRON_JOB,
        "deployment": workloads.DEPLOYMENT,
        "deploy": workloads.DEPLOYMENT,
        "ingress": services.INGRESS,
        "ing": services.INGRESS,
        "job": workloads.JOB,
        "namespace": policies.NAMESPACE,
        "ns": policies.NAMESPACE,
        "poddisruptionbudget": policies.DISRUPTION_BUDGET,
        "pdb": policies.DISRUPTION_BUDGET,
        "priorityclass": policies.PRIORITY_CLASS,
        "pc": policies.PRIORITY_CLASS,
        "quota": policies.QUOTA,
        "resourcequota": policies.QUOTA,
        "role": access.ROLE,
        "rolebinding": access.ROLE_BINDING,
        "secret": configuration.SECRET,
        "service": services.SERVICE,
        "svc": services.SERVICE,
        "serviceaccount": access.SERVICE_ACCOUNT,
        "sa": access.SERVICE_ACCOUNT,
        "token": access.TOKEN,
    },
    own=OWN,
)
