"""Names of XML: the namespaces of BPMN 2.0 and our own."""

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DIAGRAM = "http://www.omg.org/spec/BPMN/20100524/DI"
BOUNDS = "http://www.omg.org/spec/DD/20100524/DC"
LINES = "http://www.omg.org/spec/DD/20100524/DI"
OWN = "urn:motcua:procedures:bpmn:1"

PREFIXES = {"bpmn": MODEL, "bpmndi": DIAGRAM, "dc": BOUNDS, "di": LINES, "motcua": OWN}

TASKS = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
    }
)
DRAWN_AS = "drawnAs"
"""What we named a lane or pool when we drew it: one that is named otherwise was renamed since."""
EXCLUSIVE, PARALLEL, INCLUSIVE = "exclusiveGateway", "parallelGateway", "inclusiveGateway"
START, END_EVENT, BOUNDARY = "startEvent", "endEvent", "boundaryEvent"
CATCH = "intermediateCatchEvent"
STEPS = TASKS | {CATCH}
"""What becomes a step."""
PASSIVE = frozenset(
    {"textAnnotation", "association", "dataObject", "dataObjectReference", "dataStoreReference", "group"}
)
"""What a drawing may hold that says nothing about the way of a case."""
