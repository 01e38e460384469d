"""Reads files of RapidPro with rpft, the toolkit of IDEMS International, and says what it makes of them.

Each file is read and written again, every way is followed, and what has a form in sheets is turned into them. Prints a
line for each file with the number of nodes, or what is wrong.
"""

import json
import sys

from rpft.rapidpro.models.containers import RapidProContainer
from rpft.rapidpro.models.routers import RouterCase

# rpft 1.18.0 names this test "all_words" in its table, and the engine "has_all_words".
RouterCase.TEST_VALIDATIONS["has_all_words"] = RouterCase.TEST_VALIDATIONS["all_words"]


def plain(nodes):
    """The nodes without what rpft leaves out: empty categories of results, and that a flow does not come back."""
    for node in nodes:
        for action in node["actions"]:
            if action["type"] == "set_run_result" and action.get("category") == "":
                del action["category"]
            action.pop("terminal", None)
    return json.dumps(nodes, sort_keys=True)


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    container = RapidProContainer.from_dict(data)
    n_nodes = 0
    for flow in container.flows:
        kinds = {action.type for node in flow.nodes for action in node.actions}
        if "open_ticket" not in kinds:  # its sheets have no tickets
            flow.to_rows()
        for node in flow.nodes:
            for exit in node.get_exits():
                if exit.destination_uuid:
                    flow.find_node(exit.destination_uuid)
    rendered = container.render()
    for ours, theirs in zip(data["flows"], rendered["flows"], strict=True):
        n_nodes += len(ours["nodes"])
        for key in ("uuid", "name", "language", "type", "spec_version", "expire_after_minutes"):
            assert ours[key] == theirs[key], (path, ours["name"], key)
        assert plain(ours["nodes"]) == plain(theirs["nodes"]), (path, ours["name"])
    assert len(rendered["triggers"]) == len(data["triggers"]), path
    print(f"{len(data['flows'])} flows, {n_nodes} nodes")
