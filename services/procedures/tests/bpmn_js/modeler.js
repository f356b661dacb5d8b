// In the page of bpmn.io's modeler: draws a procedure as an analyst does, and opens the file that it is given.
const modeler = new BpmnJS({ container: "#canvas" });
const [canvas, factory, modeling, moddle] =
  ["canvas", "elementFactory", "modeling", "moddle"].map((name) => modeler.get(name));

const LANES = ["Bộ phận một cửa", "Phòng Quản lý đô thị", "Lãnh đạo"];

async function draw() {
  await modeler.createDiagram();
  const empty = canvas.getRootElement().children[0];
  const pool = modeling.createShape(
    factory.createParticipantShape(), { x: 850, y: 250, width: 1640, height: 400 }, canvas.getRootElement(),
  );
  modeling.removeElements([empty]);
  modeling.updateLabel(pool, "Cấp phép sử dụng vỉa hè");
  modeling.splitLane(pool, LANES.length);
  const lanes = pool.children.filter(({ type }) => type === "bpmn:Lane");
  lanes.forEach((lane, at) => modeling.updateLabel(lane, LANES[at]));

  const put = (type, name, lane, column, part = 0.5) => {
    const at = { x: pool.x + 150 + 160 * column, y: lanes[lane].y + lanes[lane].height * part };
    const shape = modeling.createShape({ type: `bpmn:${type}` }, at, pool);
    if (name) modeling.updateLabel(shape, name);
    return shape;
  };
  const lead = (source, target, name) => {
    const flow = modeling.connect(source, target);
    if (name) modeling.updateLabel(flow, name);
  };

  const start = put("StartEvent", "Nộp hồ sơ", 0, 0);
  const receive = put("UserTask", "Tiếp nhận hồ sơ", 0, 1);
  const inspect = put("UserTask", "Kiểm tra thực địa", 1, 2);
  const fit = put("ExclusiveGateway", "Vỉa hè đủ rộng?", 1, 3);
  const fork = put("ParallelGateway", "", 1, 4);
  const police = put("UserTask", "Hỏi Công an phường", 1, 5, 0.25);
  const roads = put("UserTask", "Hỏi đơn vị thoát nước", 1, 5, 0.75);
  const join = put("ParallelGateway", "", 1, 6);
  const permit = put("UserTask", "Ký giấy phép", 2, 7, 0.3);
  const refuse = put("UserTask", "Ký văn bản từ chối", 2, 5, 0.7);
  const merge = put("ExclusiveGateway", "", 2, 8, 0.3);
  const hand = put("UserTask", "Trả kết quả", 0, 8);
  const end = put("EndEvent", "Kết thúc", 0, 9);
  const silent = modeling.createShape(
    { type: "bpmn:BoundaryEvent", eventDefinitionType: "bpmn:TimerEventDefinition" },
    { x: police.x + police.width - 20, y: police.y }, police, { attach: true },
  );
  const [timer] = silent.businessObject.eventDefinitions;
  const timeDuration = moddle.create("bpmn:FormalExpression", { body: "P5D" });
  modeling.updateModdleProperties(silent, timer, { timeDuration });

  for (const [source, target] of [
    [start, receive], [receive, inspect], [inspect, fit], [fork, police], [fork, roads], [police, join], [roads, join],
    [silent, join], [join, permit], [permit, merge], [refuse, merge], [merge, hand], [hand, end],
  ]) lead(source, target);
  lead(fit, fork, "đủ");
  lead(fit, refuse, "không đủ");
  return (await modeler.saveXML({ format: true })).xml;
}

async function open(xml) {
  const { warnings } = await modeler.importXML(xml);
  canvas.zoom("fit-viewport");
  const shapes = modeler.get("elementRegistry").filter(({ type }) => type === "bpmn:UserTask");
  return { warnings: warnings.map(({ message }) => message), tasks: shapes.map(({ businessObject }) => businessObject.name) };
}

const out = document.getElementById("out");
try {
  const given = JSON.parse(document.getElementById("given").textContent);
  const drawn = await draw();
  out.textContent = JSON.stringify({ drawn, opened: given && (await open(given)) });
} catch (error) {
  out.textContent = JSON.stringify({ error: String(error.stack) });
}
