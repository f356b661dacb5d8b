"""The signed result of a case, as it comes from the API, verified by programs that others wrote.

Poppler, OpenSSL and the `jose` package of Node have no part in signing. Each also refuses a copy that was tampered
with, and a signer of another authority. `MOTCUA_VERAPDF` names the command of veraPDF, which checks for PDF/A.
"""

import asyncio
import json
import os
import re
import shlex
import shutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from procedures.results.certificates import make_sample_certificate
from shared.testing import with_packages

CONFIRMATION = {
    "code": "GIAY",
    "title": {"vi": "Giấy xác nhận", "en": "Confirmation"},
    "symbol": "GXN",
    "outcome": "granted",
    "template": "Xác nhận ông/bà {{ form.fullName }} đã nộp hồ sơ {{ case.code }}.",
}
ISSUED = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Result:
    """The files of a result, the authority that they are to be verified by, and one that has no part in them."""

    pdf: Path
    jws: Path
    authority: Path
    stranger: Path
    number: str

    @property
    def tampered(self) -> Path:
        """The PDF with one bit changed."""
        whole = bytearray(self.pdf.read_bytes())
        whole[1000] ^= 1
        copy = self.pdf.with_name("tampered.pdf")
        copy.write_bytes(whole)
        return copy


@pytest.fixture
async def result(
    database_url: str, open_world: Callable[..., AbstractAsyncContextManager[Any]], tmp_path: Path
) -> Result:
    """A case was filed, handled and granted, its result issued and fetched by the applicant."""
    authority = make_sample_certificate(tmp_path / "ours", b"sample", ISSUED)
    stranger = make_sample_certificate(tmp_path / "theirs", b"sample", ISSUED)
    signing = {"result_certificates": tmp_path / "ours", "result_passphrase": SecretStr("sample")}
    async with open_world(database_url, **signing) as world:
        case, desk = await world.accepted(results=[CONFIRMATION]), world.official("desk")
        await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done"})
        await world.act(case, "decision", desk, {"outcome": "granted", "reason": "Đủ."})
        view = (await world.act(case, "issuance", desk, {"type": "GIAY"})).json()
        files = {}
        for item in view["result"]:
            address = f"/procedures/v1/documents/{item['id']}/content"
            files[item["mediaType"]] = (await world.http.get(address, headers=world.citizen())).content
    pdf, jws = tmp_path / "result.pdf", tmp_path / "result.jws"
    pdf.write_bytes(files["application/pdf"])
    jws.write_bytes(files["application/jose"])
    return Result(pdf, jws, authority, stranger, view["results"][0]["number"])


async def run(*command: str | Path, given: bytes = b"") -> tuple[int | None, str]:
    """How a program ends and what it says."""
    pipe, together = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=together)
    try:
        out, _ = await asyncio.wait_for(process.communicate(given), timeout=60)
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode, out.decode(errors="replace")


def parts(pdf: Path) -> tuple[bytes, bytes]:
    """The signature that a PDF holds, and all the rest of the file, which is what was signed."""
    whole = pdf.read_bytes()
    ranges = re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", whole)
    assert ranges is not None
    ends, resumes, rest = map(int, ranges.groups())
    assert resumes + rest == len(whole)
    return bytes.fromhex(whole[ends + 1 : resumes - 1].decode()), whole[:ends] + whole[resumes:]


def needed(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine: it does not look at a result")
    return found


async def test_poppler_finds_the_paper_signed_whole_by_a_certificate_it_trusts(
    result: Result, tmp_path: Path
) -> None:
    pdfsig, certutil = needed("pdfsig"), needed("certutil")

    async def trusting(authority: Path) -> Path:
        """The certificates that Poppler is to trust."""
        folder = tmp_path / f"nss of {authority.parent.name}"
        folder.mkdir()
        await run(certutil, "-N", "-d", f"sql:{folder}", "--empty-password")
        await run(certutil, "-A", "-d", f"sql:{folder}", "-n", "ours", "-t", "C,C,C", "-i", authority)
        return folder

    async def seen(file: Path, trusted: Path) -> str:
        _, said = await run(pdfsig, "-nssdir", trusted, file)
        return said

    ours = await trusting(result.authority)
    said = await seen(result.pdf, ours)
    keep(result, "pdfsig.txt", said.partition("\n")[2])
    assert "Signature is Valid." in said
    assert "Certificate is Trusted." in said
    assert "Total document signed" in said
    assert "Jan 05 2026" in said  # as the service's clock has it, not the machine's
    assert "ETSI.CAdES.detached" in said
    assert "Certificate is Trusted." not in await seen(result.pdf, await trusting(result.stranger))
    assert "Digest Mismatch" in await seen(result.tampered, ours)


async def test_openssl_finds_the_signature_to_be_cades_over_all_of_the_paper(
    result: Result, tmp_path: Path
) -> None:
    openssl = needed("openssl")

    async def seen(file: Path, authority: Path) -> tuple[int | None, str]:
        signature, signed = parts(file)
        (tmp_path / "signature").write_bytes(signature)
        (tmp_path / "signed").write_bytes(signed)
        return await run(
            openssl, "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", tmp_path / "signature",
            "-content", tmp_path / "signed", "-CAfile", authority, "-purpose", "any", "-out", os.devnull,
        )  # fmt: skip

    ended, said = await seen(result.pdf, result.authority)
    assert (ended, said.strip()) == (0, "CAdES Verification successful")
    for file, authority in ((result.pdf, result.stranger), (result.tampered, result.authority)):
        ended, said = await seen(file, authority)
        assert ended != 0
        assert "CAdES Verification failure" in said


async def test_another_library_for_jose_reads_the_signed_json(result: Result) -> None:
    node, folder = needed("node"), await with_packages(Path(__file__).parent / "jose_verifier")

    async def seen(token: bytes, authority: Path) -> tuple[int | None, str]:
        return await run(node, folder / "verify.mjs", authority, given=token)

    token = result.jws.read_bytes()
    ended, said = await seen(token, result.authority)
    assert ended == 0, said
    assert json.loads(said)["number"] == result.number
    header, payload, signature = token.split(b".")
    changed = payload[:40] + (b"B" if payload[40:41] == b"A" else b"A") + payload[41:]
    ended, said = await seen(b".".join([header, changed, signature]), result.authority)
    assert ended != 0
    assert "signature verification failed" in said
    ended, said = await seen(token, result.stranger)
    assert ended != 0
    assert "not of this authority" in said


@pytest.mark.skipif("MOTCUA_VERAPDF" not in os.environ, reason="MOTCUA_VERAPDF names no veraPDF")
async def test_verapdf_finds_the_signed_paper_fit_for_archives(result: Result) -> None:
    _, said = await run(*shlex.split(os.environ["MOTCUA_VERAPDF"]), "--format", "text", result.pdf)
    assert f"PASS {result.pdf} 2b" in said, said


def keep(result: Result, name: str, said: str) -> None:
    """The files and what was said of them, where `MOTCUA_REPORTS` wants them."""
    if folder := os.environ.get("MOTCUA_REPORTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        for file in (result.pdf, result.jws, result.authority):
            shutil.copy(file, folder)
        (Path(folder) / name).write_text(said)
