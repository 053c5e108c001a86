"""`kubectl auth`: what one may do, and who one is."""

from typing import Any

from pyk3s.kubectl import results, tabwriter, targets
from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Command, Group
from pyk3s.kubectl.errors import CommandError, no_more_words
from pyk3s.kubectl.printing import choosing
from pyk3s.kubectl.tabwriter import Table

JSON = dict[str, Any]
NO_QUESTION = """you must specify two arguments: verb resource or verb resource/resourceName.
See 'kubectl auth can-i -h' for help and examples."""
AUTHORIZATION = "/apis/authorization.k8s.io/v1"
VERBS = (
    *("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use", "bind", "impersonate"),
    *("*", "approve", "sign", "escalate", "attest"),
)


async def can_i(call: Call) -> int:
    if call.flags.on("list"):
        return await _list(call)
    if len(call.words) not in (2, 3):
        raise CommandError(NO_QUESTION)
    verb, what = call.words[:2]
    spec = await _question(call, verb, what)
    review = await call.context.server.json(
        "POST",
        f"{AUTHORIZATION}/selfsubjectaccessreviews",
        {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec},
    )
    status = review.get("status") or {}
    if not call.flags.on("quiet"):
        told = "yes" if status.get("allowed") else "no"
        for name in ("reason", "evaluationError"):
            if not status.get("allowed") and status.get(name):
                told += f" - {status[name]}"
        call.context.say(told)
    return 0 if status.get("allowed") else 1


async def _question(call: Call, verb: str, what: str) -> JSON:
    """The spec of the review; warns of verbs and resources that nobody knows."""
    context = call.context
    if what.startswith("/"):
        return {"nonResourceAttributes": {"verb": verb, "path": what}}
    type_, _, name = what.partition("/")
    name = call.words[2] if len(call.words) > 2 else name
    found = (await context.discovery()).look_up(type_)
    plain, _, group = type_.partition(".")
    attributes: JSON = {"verb": verb, "group": group, "resource": plain, "name": name}
    if found is not None:
        attributes |= {"group": found.group, "resource": found.plural}
        if not found.namespaced:
            group_text = f" in group '{found.group}'" if found.group else ""
            context.complain(f"Warning: resource '{found.plural}' is not namespace scoped{group_text}\n")
    elif type_ != "*":
        group_text = f" in group '{group}'" if group else ""
        context.complain(f"Warning: the server doesn't have a resource type '{plain}'{group_text}\n")
    if verb not in VERBS:
        context.complain(f"Warning: verb '{verb}' is not a known verb\n")
    if call.flags.text("subresource"):
        attributes["subresource"] = call.flags.text("subresource")
    everywhere = call.flags.on("all-namespaces") or (found is not None and not found.namespaced)
    attributes["namespace"] = "" if everywhere else context.namespace
    return {"resourceAttributes": attributes}


async def _list(call: Call) -> int:
    review = await call.context.server.json(
        "POST",
        f"{AUTHORIZATION}/selfsubjectrulesreviews",
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": call.context.namespace},
        },
    )
    status = review.get("status") or {}
    if status.get("incomplete"):
        call.context.complain(f"warning: the list may be incomplete: {status.get('evaluationError', '')}")
    rows = [] if call.flags.on("no-headers") else [["Resources", "Non-Resource URLs", "Resource Names", "Verbs"]]
    call.context.out.write(Table().text(rows + sorted_rules(status)))
    return 0


def sorted_rules(status: JSON) -> list[list[str]]:
    """One row for each resource and each path, ordered as kubectl orders rules: by verbs, group, resource."""
    found: list[tuple[str, list[str]]] = []
    seen = set()
    for rule in status.get("resourceRules") or ():
        verbs, names = " ".join(rule.get("verbs") or ()), " ".join(rule.get("resourceNames") or ())
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                plain, slash, part = resource.partition("/")
                shown = f"{plain}.{group}{slash}{part}" if group else resource
                key = f"{verbs}],[{group}],[{resource}],[{names}],[]"
                if key not in seen:
                    found.append((key, [shown, "[]", f"[{names}]", f"[{verbs}]"]))
                seen.add(key)
    for rule in status.get("nonResourceRules") or ():
        verbs = " ".join(rule.get("verbs") or ())
        for url in rule.get("nonResourceURLs") or ():
            found.append((f"{verbs}],[],[],[],[{url}]", ["", f"[{url}]", "[]", f"[{verbs}]"]))
    return [row for _, row in sorted(found, key=lambda each: each[0])]


async def whoami(call: Call) -> int:
    no_more_words(call.words, call.path)
    review = await call.context.server.json(
        "POST",
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}},
    )
    if call.flags.text("output"):
        chosen = choosing.parse(call.flags.text("output"), allowed=results.FORMS)
        call.context.out.write(choosing.Printer(chosen).text(review))
        return 0
    user = (review.get("status") or {}).get("userInfo") or {}
    rows = ["ATTRIBUTE\tVALUE", f"Username\t{user.get('username', '')}"]
    if user.get("uid"):
        rows.append(f"UID\t{user['uid']}")
    if user.get("groups"):
        rows.append(f"Groups\t[{' '.join(user['groups'])}]")
    rows += [f"Extra: {key}\t[{' '.join(values)}]" for key, values in sorted((user.get("extra") or {}).items())]
    call.context.say(tabwriter.align("\n".join(rows), padding=3, minimum=6))
    return 0


COMMAND = Group(
    "Inspect authorization",
    {
        "can-i": Command(
            "VERB [TYPE | TYPE/NAME | NONRESOURCEURL]",
            "Check whether an action is allowed",
            (
                targets.ALL_NAMESPACES,
                Flag("list", "", SWITCH, text="Show all that one may do"),
                Flag("quiet", "q", SWITCH, text="Only the exit status"),
                Flag("subresource", text="A part such as log or scale"),
                Flag("no-headers", "", SWITCH, text="Leave out the line of headers"),
            ),
            can_i,
        ),
        "whoami": Command("", "Check self subject attributes", (results.OUTPUT,), whoami),
    },
)
