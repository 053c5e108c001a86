"""`kubectl api-resources`: what the server serves."""

from pyk3s.kubectl.arguments import LIST, SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.discovery import Resource
from pyk3s.kubectl.errors import CommandError, no_more_words
from pyk3s.kubectl.tabwriter import Table

FLAGS = (
    Flag("api-group", text="Only this group"),
    Flag("namespaced", "", SWITCH, "true", text="Only those in namespaces, or with =false only the others"),
    Flag("verbs", "", LIST, text="Only those that know all these verbs"),
    Flag("categories", "", LIST, text="Only those in all these categories"),
    Flag("no-headers", "", SWITCH, text="Leave out the line of headers"),
    Flag("output", "o", text="wide or name"),
    Flag("sort-by", text="name or kind"),
    Flag("cached", "", SWITCH, text="Accepted: nothing is cached"),
)
HEADERS = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]


async def run(call: Call) -> int:
    flags = call.flags
    no_more_words(call.words, call.path)
    output = flags.text("output")
    if output not in ("", "wide", "name"):
        raise CommandError(f"--output {output} is not available")
    if flags.text("sort-by") not in ("", "name", "kind"):
        raise CommandError("--sort-by accepts only name or kind")
    found = _sorted(
        [each for each in (await call.context.discovery()).resources if _wanted(call, each)], flags.text("sort-by")
    )
    if output == "name":
        for each in found:
            call.context.say(each.qualified)
        return 0
    rows = [_row(each, wide=output == "wide") for each in found]
    headers = HEADERS + (["VERBS", "CATEGORIES"] if output == "wide" else [])
    call.context.out.write(Table().text(rows if flags.on("no-headers") else [headers, *rows]))
    return 0


def _wanted(call: Call, resource: Resource) -> bool:
    flags = call.flags
    if not resource.preferred or not resource.verbs:
        return False
    if flags.given("api-group") and resource.group != flags.text("api-group"):
        return False
    if flags.given("namespaced") and resource.namespaced != flags.on("namespaced"):
        return False
    verbs, categories = set(flags.many("verbs")), set(flags.many("categories"))
    return verbs <= set(resource.verbs) and categories <= set(resource.categories)


def _sorted(found: list[Resource], by: str) -> list[Resource]:
    if by == "kind":
        return sorted(found, key=lambda each: each.kind)
    if by == "name":
        return sorted(found, key=lambda each: each.plural)
    return sorted(found, key=lambda each: (each.group, each.plural))


def _row(resource: Resource, *, wide: bool) -> list[str]:
    namespaced = "true" if resource.namespaced else "false"
    row = [resource.plural, ",".join(resource.short_names), resource.api_version, namespaced, resource.kind]
    return row + ([",".join(sorted(resource.verbs)), ",".join(resource.categories)] if wide else [])


COMMAND = Command("", "Print the supported API resources on the server", FLAGS, run)
