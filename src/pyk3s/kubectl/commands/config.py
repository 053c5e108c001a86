"""`kubectl config`: shows and changes kubeconfig files."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any

from pyk3s.kubectl import editing_config, kubeconfig, manifests
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command, Group
from pyk3s.kubectl.errors import CommandError, no_more_words, usage
from pyk3s.kubectl.printing import choosing
from pyk3s.kubectl.tabwriter import Table

JSON = dict[str, Any]
NAMES = {"clusters": "cluster", "contexts": "context", "users": "user"}


def _place(call: Call, listed: str = "", name: str = "") -> Any:
    return editing_config.file_of(call.context.flags.text("kubeconfig"), call.context.environment, listed, name)


def _one(call: Call, what: str) -> str:
    if len(call.words) != 1:
        raise usage(f"unexpected args: [{' '.join(call.words)}]", call.path) if call.words else usage(what, call.path)
    return call.words[0]


async def view(call: Call) -> int:
    no_more_words(call.words, call.path)
    flags, config = call.flags, dict(call.context.config)
    empty: JSON = {"clusters": [], "contexts": [], "users": []}
    config = {"apiVersion": "v1", "kind": "Config", "preferences": {}, "current-context": "", **empty, **config}
    if flags.on("minify"):
        context = call.context.flags.text("context") or config["current-context"]
        if not context:
            raise CommandError("current-context must exist in order to minify")
        config = editing_config.minified(config, context)
    if flags.on("flatten"):
        config = _flattened(config)
    if not flags.on("raw") and not flags.on("flatten"):
        config = editing_config.hidden(config)
    chosen = choosing.parse(flags.text("output") or "yaml", allowed=[form for form in choosing.FORMS if form != "name"])
    shown = {key: value if value != [] else None for key, value in config.items()}
    call.context.out.write(choosing.Printer(chosen, managers=True).text(shown))
    return 0


def _flattened(config: JSON) -> JSON:
    """The config with the files that it names inside it."""
    result = dict(config)
    for listed, inner in kubeconfig.LISTS.items():
        entries = []
        for entry in config.get(listed) or ():
            fields = dict(entry.get(inner) or {})
            for name in ("certificate-authority", "client-certificate", "client-key"):
                if path := fields.pop(name, None):
                    fields.setdefault(f"{name}-data", base64.b64encode(manifests.bytes_of(path)).decode())
            entries.append({**entry, inner: fields})
        result[listed] = entries
    return result


async def get_contexts(call: Call) -> int:
    config, wanted = call.context.config, call.words
    if call.flags.text("output") not in ("", "name"):
        raise CommandError("output must be one of '' or 'name'")
    listed = sorted(config.get("contexts") or (), key=lambda each: str(each["name"]))
    names = [each["name"] for each in listed]
    for name in wanted:
        if name not in names:
            raise CommandError(f"context {name} not found")
    shown = [each for each in listed if not wanted or each["name"] in wanted]
    if call.flags.text("output") == "name":
        for each in shown:
            call.context.say(each["name"])
        return 0
    rows = [] if call.flags.on("no-headers") else [["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]]
    for each in shown:
        fields = each.get("context") or {}
        mark = "*" if each["name"] == config.get("current-context") else ""
        rows.append([mark, each["name"], *(str(fields.get(name) or "") for name in ("cluster", "user", "namespace"))])
    call.context.out.write(Table().text(rows))
    return 0


async def current_context(call: Call) -> int:
    no_more_words(call.words, call.path)
    name = call.context.config.get("current-context")
    if not name:
        raise CommandError("current-context is not set")
    call.context.say(name)
    return 0


async def use_context(call: Call) -> int:
    name = _one(call, "accepts 1 arg(s), received 0")
    if kubeconfig.entry(call.context.config, "contexts", name) is None:
        raise CommandError(f'no context exists with the name: "{name}"')
    path = _place(call, "current-context")
    config = editing_config.read(path)
    config["current-context"] = name
    editing_config.write(path, config)
    call.context.say(f'Switched to context "{name}".')
    return 0


async def set_context(call: Call) -> int:
    flags = call.flags
    if flags.on("current"):
        name = str(call.context.config.get("current-context") or "")
        if not name:
            raise CommandError("no current context is set")
    else:
        name = _one(call, "Unexpected args: []")
    return _put(
        call,
        "contexts",
        name,
        {field: flags.text(field) for field in ("cluster", "user", "namespace") if flags.given(field)},
    )


async def set_cluster(call: Call) -> int:
    flags, name = call.flags, _one(call, "Unexpected args: []")
    fields: JSON = {}
    for flag in ("server", "tls-server-name", "proxy-url"):
        if flags.given(flag):
            fields[flag] = flags.text(flag) or None
    if flags.given("insecure-skip-tls-verify"):
        fields["insecure-skip-tls-verify"] = flags.on("insecure-skip-tls-verify")
        if flags.on("insecure-skip-tls-verify"):
            fields |= {"certificate-authority": None, "certificate-authority-data": None}
    if flags.given("certificate-authority"):
        fields |= {"insecure-skip-tls-verify": None, **_file(call, "certificate-authority")}
    return _put(call, "clusters", name, fields)


def _file(call: Call, flag: str) -> JSON:
    """A file's name, or with --embed-certs what is in it."""
    path = call.flags.text(flag)
    if call.flags.on("embed-certs"):
        return {flag: None, f"{flag}-data": base64.b64encode(manifests.bytes_of(path)).decode()}
    return {flag: path, f"{flag}-data": None}


async def set_credentials(call: Call) -> int:
    flags, name = call.flags, _one(call, "Unexpected args: []")
    if any(flags.given(flag) for flag in ("exec-command", "auth-provider")):
        raise CommandError(
            "credential plugins are refused by the built-in kubectl: set a token or a client certificate"
        )
    if flags.text("token") and (flags.text("username") or flags.text("password")):
        raise CommandError(
            "you cannot specify more than one authentication method at the same time: --token or --username/--password"
        )
    fields: JSON = {flag: flags.text(flag) or None for flag in ("token", "username", "password") if flags.given(flag)}
    for flag in ("client-certificate", "client-key"):
        if flags.given(flag):
            fields |= _file(call, flag)
    return _put(call, "users", name, fields)


def _put(call: Call, listed: str, name: str, fields: JSON) -> int:
    path = _place(call, listed, name)
    config = editing_config.read(path)
    known = editing_config.put(config, listed, name, fields)
    editing_config.write(path, config)
    what = {"clusters": "Cluster", "contexts": "Context", "users": "User"}[listed]
    done = "set" if listed != "contexts" else "modified" if known else "created"
    call.context.say(f'{what} "{name}" {done}.')
    return 0


def _deleting(listed: str) -> Callable[[Call], Awaitable[int]]:
    what = NAMES[listed]

    async def run(call: Call) -> int:
        name = _one(
            call, f"you must specify a {what} to delete" if what != "user" else "you must specify a user to delete"
        )
        path = _place(call, listed, name)
        config = editing_config.read(path)
        if not editing_config.remove(config, listed, name):
            raise CommandError(f"cannot delete {what} {name}, not in {path}")
        if listed == "contexts" and call.context.config.get("current-context") == name:
            call.context.complain(
                'warning: this removed your active context, use "kubectl config use-context" to select a different one'
            )
        editing_config.write(path, config)
        call.context.say(f"deleted {what} {name} from {path}")
        return 0

    return run


def _listing(listed: str) -> Callable[[Call], Awaitable[int]]:
    async def run(call: Call) -> int:
        no_more_words(call.words, call.path)
        call.context.say("NAME")
        for each in sorted(str(entry["name"]) for entry in call.context.config.get(listed) or ()):
            call.context.say(each)
        return 0

    return run


async def rename_context(call: Call) -> int:
    if len(call.words) != 2:
        raise usage(f"Unexpected args: [{' '.join(call.words)}]", call.path)
    before, after = call.words
    path = _place(call, "contexts", before)
    config = editing_config.read(path)
    fields = kubeconfig.entry(config, "contexts", before)
    if fields is None:
        raise CommandError(f'cannot rename the context "{before}", it\'s not in {path}')
    if kubeconfig.entry(call.context.config, "contexts", after) is not None:
        raise CommandError(f'cannot rename the context "{before}", the context "{after}" already exists in {path}')
    editing_config.remove(config, "contexts", before)
    editing_config.put(config, "contexts", after, fields)
    if config.get("current-context") == before:
        config["current-context"] = after
    editing_config.write(path, config)
    call.context.say(f'Context "{before}" renamed to "{after}".')
    return 0


async def unset(call: Call) -> int:
    """Take away `current-context`, or `LIST.NAME[.FIELD]`."""
    name = _one(call, "Unexpected args: []")
    listed, _, rest = name.partition(".")
    entry, _, field = rest.rpartition(".") if listed in NAMES and _is_field(call, listed, rest) else (rest, "", "")
    path = _place(call, listed if listed in NAMES else "current-context", entry)
    config = editing_config.read(path)
    if name == "current-context":
        config["current-context"] = ""
    elif listed in NAMES and field:
        editing_config.put(config, listed, entry, {field: None})
    elif listed in NAMES and entry:
        editing_config.remove(config, listed, entry)
    elif listed in NAMES:
        config[listed] = []
    else:
        raise CommandError(f"{name} is no setting that can be unset here")
    editing_config.write(path, config)
    call.context.say(f'Property "{name}" unset.')
    return 0


def _is_field(call: Call, listed: str, rest: str) -> bool:
    """Whether the last part of `NAME.FIELD` is a field: names may have dots of their own."""
    entry, _, _ = rest.rpartition(".")
    return (
        kubeconfig.entry(call.context.config, listed, rest) is None
        and kubeconfig.entry(call.context.config, listed, entry) is not None
    )


async def set_value(call: Call) -> int:
    """Set `current-context`, or a field as `LIST.NAME.FIELD`."""
    if len(call.words) != 2:
        raise usage(f"Unexpected args: [{' '.join(call.words)}]", call.path)
    name, value = call.words
    listed, _, rest = name.partition(".")
    entry, _, field = rest.rpartition(".")
    path = _place(call, listed if listed in NAMES else "current-context", entry)
    config = editing_config.read(path)
    if name == "current-context":
        config["current-context"] = value
    elif listed in NAMES and entry:
        typed = value == "true" if field == "insecure-skip-tls-verify" else value
        editing_config.put(config, listed, entry, {field: typed})
    else:
        raise CommandError(f"{name} is no setting that can be set here")
    editing_config.write(path, config)
    call.context.say(f'Property "{name}" set.')
    return 0


_EMBED = Flag("embed-certs", "", SWITCH, text="Put the files' contents into the config")
_USE = Command("CONTEXT_NAME", "Set the current-context in a kubeconfig file", (), use_context)
COMMAND = Group(
    "Modify kubeconfig files",
    {
        "view": Command(
            "",
            "Display merged kubeconfig settings or a specified kubeconfig file",
            (
                Flag("output", "o", text="yaml, json or jsonpath=..."),
                Flag("raw", "", SWITCH, text="Show secrets too"),
                Flag("minify", "", SWITCH, text="Only what the current context needs"),
                Flag("flatten", "", SWITCH, text="Put the files' contents into the config"),
            ),
            view,
        ),
        "get-contexts": Command(
            "[(-o|--output=)name)]",
            "Describe one or many contexts",
            (Flag("output", "o", text="name"), Flag("no-headers", "", SWITCH, text="Leave out the line of headers")),
            get_contexts,
        ),
        "current-context": Command("", "Display the current-context", (), current_context),
        "use-context": _USE,
        "use": _USE,
        "set-context": Command(
            "[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]",
            "Set a context entry in kubeconfig",
            (
                Flag("current", "", SWITCH, text="The current context"),
                Flag("cluster", text="Its cluster"),
                Flag("user", text="Its user"),
                Flag("namespace", "n", text="Its namespace"),
            ),
            set_context,
        ),
        "set-cluster": Command(
            "NAME [--server=server] [--certificate-authority=path/to/certificate/authority]",
            "Set a cluster entry in kubeconfig",
            (
                Flag("server", "s", text="Its address"),
                Flag("tls-server-name", text="The name its certificate must carry"),
                Flag("proxy-url", text="Kept for other clients: this kubectl refuses it"),
                Flag("certificate-authority", text="File with its authority"),
                Flag("insecure-skip-tls-verify", "", SWITCH, text="Do not check its certificate"),
                _EMBED,
            ),
            set_cluster,
        ),
        "set-credentials": Command(
            "NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token]",
            "Set a user entry in kubeconfig",
            (
                Flag("token", text="A bearer token"),
                Flag("username", text="A name"),
                Flag("password", text="A password"),
                Flag("client-certificate", text="File with a certificate"),
                Flag("client-key", text="File with its key"),
                Flag("exec-command", text="Refused"),
                Flag("auth-provider", text="Refused"),
                _EMBED,
            ),
            set_credentials,
        ),
        "delete-cluster": Command(
            "NAME", "Delete the specified cluster from the kubeconfig", (), _deleting("clusters")
        ),
        "delete-context": Command(
            "NAME", "Delete the specified context from the kubeconfig", (), _deleting("contexts")
        ),
        "delete-user": Command("NAME", "Delete the specified user from the kubeconfig", (), _deleting("users")),
        "get-clusters": Command("", "Display clusters defined in the kubeconfig", (), _listing("clusters")),
        "get-users": Command("", "Display users defined in the kubeconfig", (), _listing("users")),
        "rename-context": Command(
            "CONTEXT_NAME NEW_NAME", "Rename a context from the kubeconfig file", (), rename_context
        ),
        "set": Command("PROPERTY_NAME PROPERTY_VALUE", "Set an individual value in a kubeconfig file", (), set_value),
        "unset": Command("PROPERTY_NAME", "Unset an individual value in a kubeconfig file", (), unset),
    },
)
