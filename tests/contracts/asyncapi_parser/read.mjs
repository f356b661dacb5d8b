// Reads an AsyncAPI document given on standard input with the parser of the AsyncAPI initiative.
import { Parser } from "@asyncapi/parser";
import { text } from "node:stream/consumers";

const { document, diagnostics } = await new Parser().parse(await text(process.stdin));
const errors = diagnostics.filter(({ severity }) => severity === 0);
const channels = document ? document.channels().all().map((channel) => channel.address()) : [];
process.stdout.write(JSON.stringify({ errors: errors.map(({ path, message }) => [path.join("."), message]), channels }));
