// Verifies a JWS (standard input) as an integrator in Node would: the chain in its header up to the authority whose
// certificate is given, then the signature; prints what was signed.
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { compactVerify, decodeProtectedHeader, importX509 } from "jose";

const token = (await readFile("/dev/stdin", "utf8")).trim();
const authority = new X509Certificate(await readFile(process.argv[2]));
const signer = new X509Certificate(Buffer.from(decodeProtectedHeader(token).x5c[0], "base64"));
if (!signer.verify(authority.publicKey)) throw new Error("the signer is not of this authority");
const key = await importX509(signer.toString(), "ES256");
const { payload } = await compactVerify(token, key, { algorithms: ["ES256"] });
process.stdout.write(payload);
