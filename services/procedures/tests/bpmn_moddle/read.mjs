// Reads a BPMN file as modelling tools do, and tells what it warns of and what it found.
import { readFile } from "node:fs/promises";
import { BpmnModdle } from "bpmn-moddle";

const { rootElement, warnings } = await new BpmnModdle().fromXML(await readFile(process.argv[2], "utf8"));
const process_ = rootElement.rootElements.find((element) => element.$type === "bpmn:Process");
const count = {};
for (const { $type } of process_.flowElements) count[$type] = (count[$type] ?? 0) + 1;
const shapes = rootElement.diagrams[0].plane.planeElement.length;
console.log(JSON.stringify({ warnings: warnings.map(({ message }) => message), count, shapes }));
