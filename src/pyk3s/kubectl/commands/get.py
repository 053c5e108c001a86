"""`kubectl get`: the server's tables, or objects in the form that -o asks for; once, or watched."""

import time
from collections.abc import Sequence
from typing import Any

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import getting, manifests, naming, targets
from pyk3s.kubectl.arguments import LIST, NUMBER, SWITCH, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError, told
from pyk3s.kubectl.printing import choosing, tables
from pyk3s.kubectl.tabwriter import Table

JSON = dict[str, Any]
FLAGS = (
    *manifests.FLAGS,
    targets.SELECTOR,
    targets.FIELD_SELECTOR,
    targets.ALL_NAMESPACES,
    Flag("output", "o", text="Form: json, yaml, name, wide, jsonpath=..., custom-columns=... and more"),
    Flag("watch", "w", SWITCH, text="Go on showing what changes"),
    Flag("watch-only", "", SWITCH, text="Show what changes, without what is there"),
    Flag("output-watch-events", "", SWITCH, text="Show what happened with each watched object"),
    Flag("no-headers", "", SWITCH, text="Leave out the line of headers"),
    Flag("show-labels", "", SWITCH, text="Show all labels in a last column"),
    Flag("label-columns", "L", LIST, text="Labels to show in columns of their own"),
    Flag("show-kind", "", SWITCH, text="Put the type before names"),
    Flag("show-managed-fields", "", SWITCH, text="Keep managedFields in JSON and YAML"),
    Flag("sort-by", text="JSONPath of the field to sort by"),
    Flag("ignore-not-found", "", SWITCH, text="Nothing to show is no error"),
    Flag("chunk-size", "", NUMBER, "500", text="How many objects to ask for at a time; 0 is all"),
    Flag("subresource", text="Show this part: status, scale, resize"),
    Flag("raw", text="Show what the server answers at this path"),
    Flag("server-print", "", SWITCH, "true", text="Let the server make the tables"),
    Flag("allow-missing-template-keys", "", SWITCH, "true", text="Missing fields in a template are no error"),
)
EVENT_WIDTH = 8  # of the longest, MODIFIED
NO_TYPE = """You must specify the type of resource to get. \
Use "kubectl api-resources" for a complete list of supported resources.

error: Required resource not specified.
Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
See 'kubectl get -h' for help and examples"""


async def run(call: Call) -> int:
    flags = call.flags
    if flags.text("raw"):
        return await _raw(call)
    chosen = choosing.parse(flags.text("output"))
    wishes = await _wishes(call)
    view = _View(call, chosen, len({wish.resource for wish in wishes}) > 1)
    if flags.on("watch") or flags.on("watch-only"):
        return await _watch(call, wishes, view)
    answers, errors = await _ask(call, wishes, view)
    view.show(answers)
    for error in errors:
        call.context.complain(told(error))
    if not answers and not errors and not flags.on("ignore-not-found"):
        view.say_nothing_found(wishes)
    return 1 if errors else 0


async def _raw(call: Call) -> int:
    if call.words or call.flags.text("output"):
        raise CommandError(
            "arguments may not be passed when --raw is specified"
            if call.words
            else "--raw and --output are mutually exclusive"
        )
    path, _, query = call.flags.text("raw").partition("?")
    async with call.context.server.stream(f"{path}?{query}" if query else path) as chunks:
        async for chunk in chunks:
            call.context.write(chunk)
    return 0


async def _wishes(call: Call) -> list[getting.Wish]:
    flags, context = call.flags, call.context
    everywhere = flags.on("all-namespaces")
    if manifests.wanted(call):
        if call.words:
            raise CommandError(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"
            )
        found = await targets.of_files(call)
        return [getting.Wish(each.resource, each.namespace, each.name) for each in found]
    if not call.words:
        raise CommandError(NO_TYPE, plain=True)
    selected = naming.select(await context.discovery(), naming.asked(call.words))
    selecting = bool(flags.text("selector") or flags.text("field-selector"))
    return getting.wishes(selected, context.namespace, everywhere=everywhere, selecting=selecting)


async def _ask(call: Call, wishes: list[getting.Wish], view: "_View") -> tuple[list[getting.Answer], list[ApiError]]:
    """What came, without empty lists where several were asked for, and what was refused."""
    answers, errors = [], []
    for wish in wishes:
        try:
            answers.append(await getting.ask(call.context, wish, view.asking))
        except ApiError as error:
            if not (error.not_found and call.flags.on("ignore-not-found")):
                errors.append(error)
    kept = [
        each
        for each in answers
        if not view.chosen.human or each.wish.name or each.body.get("rows") or each.body.get("items")
    ]
    return kept, errors


async def _watch(call: Call, wishes: list[getting.Wish], view: "_View") -> int:
    if len({wish.resource for wish in wishes}) > 1:
        raise CommandError("you may only specify a single resource type")
    if len(wishes) > 1:
        raise CommandError("watch is only supported on individual resources and resource collections")
    wish = wishes[0]
    first = await getting.ask(call.context, wish, view.asking)
    if not call.flags.on("watch-only"):
        view.show_watched([("ADDED", first.body)], wish)
    # One object's version may be older than what a watch can begin at: begin now, and pass over the object as it is.
    version, known = ("0", bool(wish.name)) if wish.name else (_version(first.body), False)
    while True:
        try:
            async for kind, obj in getting.watch(call.context, wish, view.asking, version):
                if not known:
                    view.show_watched([(kind, obj)], wish)
                known, version = False, _version(obj) or version
        except ApiError as error:
            if not error.gone:
                raise
            version, known = "0", bool(wish.name)


def _version(body: JSON) -> str:
    found = str((body.get("metadata") or {}).get("resourceVersion") or "")
    rows = body.get("rows") or []
    return found or (str(rows[-1]["object"]["metadata"].get("resourceVersion", "")) if rows else "")


class _View:
    """Shows answers in the form that was asked for."""

    def __init__(self, call: Call, chosen: choosing.Format, several: bool):
        flags = call.flags
        self.chosen, self._call, self._several = chosen, call, several
        query = {"labelSelector": flags.text("selector"), "fieldSelector": flags.text("field-selector")}
        self.asking = getting.Asking(
            query={name: value for name, value in query.items() if value},
            tables=chosen.human and flags.on("server-print"),
            whole=bool(flags.text("sort-by")),
            chunk=flags.number("chunk-size"),
            subresource=flags.text("subresource"),
        )
        self._columns = choosing.columns(chosen) if chosen.form.startswith("custom-columns") else []
        machine = not chosen.human and chosen.form != "name" and not self._columns
        lenient = flags.on("allow-missing-template-keys")
        managers = flags.on("show-managed-fields")
        self._printer = choosing.Printer(chosen, managers=managers, lenient=lenient) if machine else None
        self._table = Table()
        self._headed = False
        self._definitions: list[JSON] = []

    def say_nothing_found(self, wishes: list[getting.Wish]) -> None:
        namespaced = any(wish.resource.namespaced for wish in wishes)
        everywhere = self._call.flags.on("all-namespaces")
        where = f" in {self._call.context.namespace} namespace." if namespaced and not everywhere else ""
        if self.chosen.human or self._columns:
            self._call.context.complain(f"No resources found{where}")

    def show(self, answers: list[getting.Answer]) -> None:
        if self.chosen.human:
            self._show_tables(answers)
            return
        objects = self._sorted([obj for answer in answers for obj in _items(answer)])
        if self.chosen.form == "name":
            for obj in objects:
                self._call.context.say(_name(answers, obj))
        elif self._columns:
            self._show_columns(objects)
        elif answers or self._call.flags.on("ignore-not-found") is False:
            self._show_machine(answers, objects)

    def _sorted(self, objects: list[JSON]) -> list[JSON]:
        return [objects[place] for place in self._order(objects)]

    def _order(self, objects: list[JSON]) -> Sequence[int]:
        path = self._call.flags.text("sort-by")
        if not path or not objects:
            return range(len(objects))
        from pyk3s.kubectl.printing import sorting

        return sorting.order(objects, path)

    def _show_machine(self, answers: list[getting.Answer], objects: list[JSON]) -> None:
        assert self._printer is not None
        if len(answers) == 1 and answers[0].wish.name:
            self._call.context.out.write(self._printer.text(objects[0]))
        elif answers or not self._call.words:
            whole = {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {"resourceVersion": ""}}
            self._call.context.out.write(self._printer.text(whole))

    def _show_columns(self, objects: list[JSON]) -> None:
        from pyk3s.kubectl.printing import custom_columns

        headers = not self._call.flags.on("no-headers") and not self._headed
        self._headed = True
        rows = custom_columns.rows(self._columns, objects, headers=headers)
        self._call.context.out.write(self._table.text(rows))

    def _look(self, kind: str) -> tables.Look:
        flags = self._call.flags
        return tables.Look(
            wide=self.chosen.form == "wide",
            namespaces=flags.on("all-namespaces"),
            kind=kind if self._several or flags.on("show-kind") else "",
            labels=flags.on("show-labels"),
            label_columns=tuple(flags.many("label-columns")),
        )

    def _show_tables(self, answers: list[getting.Answer]) -> None:
        """One table per type, blank lines between them."""
        out = self._call.context.out
        last = None
        groups: list[list[getting.Answer]] = []
        for answer in answers:
            if last != answer.wish.resource:
                groups.append([])
            groups[-1].append(answer)
            last = answer.wish.resource
        for place, group in enumerate(groups):
            if place:
                out.write("\n")
            self._table, self._headed = Table(), False
            self._show_group(group)

    def _show_group(self, group: list[getting.Answer]) -> None:
        resource = group[0].wish.resource
        look = self._look(resource.shown)
        found = [_table(answer.body) for answer in group]
        columns: list[JSON] = next((each["columnDefinitions"] for each in found if each.get("columnDefinitions")), [])
        rows = [row for each in found for row in each.get("rows") or ()]
        rows = [rows[place] for place in self._order([row["object"] for row in rows])]
        if look.namespaces and not resource.namespaced:
            look = look._replace(namespaces=self._several)
        lines = [tables.row(columns, row, look) for row in rows]
        if not self._call.flags.on("no-headers"):
            lines.insert(0, tables.header(columns, look))
        self._call.context.out.write(self._table.text(lines))

    def show_watched(self, events: list[tuple[str, JSON]], wish: getting.Wish) -> None:
        """What is there, or what has happened; headers come with the first."""
        for kind, body in events:
            if self.chosen.human:
                self._show_event_rows(kind, _table(body), wish)
            else:
                for obj in _items(getting.Answer(wish, body)):
                    self._show_event_object(kind, obj, wish)
        self._call.context.out.flush()

    def _show_event_rows(self, kind: str, table: JSON, wish: getting.Wish) -> None:
        self._definitions = table.get("columnDefinitions") or self._definitions
        look = self._look(wish.resource.shown)
        named = self._call.flags.on("output-watch-events")
        lines = [tables.row(self._definitions, row, look) for row in table.get("rows") or ()]
        lines = [[kind.ljust(EVENT_WIDTH), *line] if named else line for line in lines]
        if lines and not self._headed and not self._call.flags.on("no-headers"):
            head = tables.header(self._definitions, look)
            lines.insert(0, ["EVENT", *head] if named else head)
        self._headed = self._headed or bool(lines)
        self._call.context.out.write(self._table.text(lines))

    def _show_event_object(self, kind: str, obj: JSON, wish: getting.Wish) -> None:
        if self.chosen.form == "name":
            self._call.context.say(f"{wish.resource.shown}/{obj['metadata']['name']}")
        elif self._columns:
            self._show_columns([obj])
        else:
            assert self._printer is not None
            named = self._call.flags.on("output-watch-events")
            self._call.context.out.write(self._printer.text({"type": kind, "object": obj} if named else obj))


def _table(body: JSON) -> JSON:
    if body.get("kind") == "Table":
        return body
    return tables.of_objects(body["items"] if isinstance(body.get("items"), list) else [body], time.time())


def _items(answer: getting.Answer) -> list[JSON]:
    """The objects of an answer, each with its kind."""
    body, resource = answer.body, answer.wish.resource
    if answer.wish.name or not isinstance(body.get("items"), list):
        return [body]
    return [{"apiVersion": resource.api_version, "kind": resource.kind, **obj} for obj in body["items"]]


def _name(answers: list[getting.Answer], obj: JSON) -> str:
    group = str(obj.get("apiVersion", "")).rpartition("/")[0]
    kind = str(obj.get("kind", "")).lower()
    return f"{kind}.{group}/{obj['metadata']['name']}" if group else f"{kind}/{obj['metadata']['name']}"


COMMAND = Command(
    "[TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE/NAME ...]", "Display one or many resources", FLAGS, run
)
