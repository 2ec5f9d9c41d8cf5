// Every case of tests/s3_sdk.py through the AWS SDK for JavaScript; prints a line of JSON for each.
import assert from "node:assert/strict";
import { createReadStream, readFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const modules = process.env.GLAUX_NODE_MODULES;
const require = createRequire(pathToFileURL(path.join(modules, "..", "package.json")));
const s3 = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const Bucket = plan.bucket;
const small = readFileSync(plan.small);
const big = readFileSync(plan.big);
const client = new s3.S3Client({});
const partSize = 5 << 20;

const send = (Command, input) => client.send(new Command({ Bucket, ...input }));
const put = (Key, Body, more = {}) => send(s3.PutObjectCommand, { Key, Body, ...more });
const get = (Key, more = {}) => send(s3.GetObjectCommand, { Key, ...more });
const bytesOf = async (answer) => Buffer.from(await answer.Body.transformToByteArray());

async function holds(key, wanted) {
  const body = await bytesOf(await get(key));
  assert.ok(body.equals(Buffer.from(wanted)), `${key}: ${body.length} bytes differ from what was sent`);
}

async function fails(promise, name, status) {
  const error = await promise.then(() => null, (one) => one);
  assert.ok(error, `wanted ${name ?? status}, and it succeeded`);
  if (name) assert.equal(error.name, name);
  if (status) assert.equal(error.$metadata?.httpStatusCode, status);
}

const cases = {
  bytes: async () => {
    await put("kept/bytes", small);
    await holds("kept/bytes", small);
  },

  // A stream whose length is told but which cannot be read twice: aws-chunked with a trailer.
  stream: async () => {
    await put("kept/stream", createReadStream(plan.big), { ContentLength: big.length });
    await holds("kept/stream", big);
  },

  empty: async () => {
    await put("empty", "");
    await holds("empty", "");
  },

  parts: async () => {
    const pieces = Readable.from((function* () { for (let i = 0; i < big.length; i += 70001) yield big.subarray(i, i + 70001); })());
    const upload = new Upload({ client, partSize, queueSize: 3, params: { Bucket, Key: "kept/parts", Body: pieces } });
    await upload.done();
    const head = await send(s3.HeadObjectCommand, { Key: "kept/parts" });
    assert.match(head.ETag, /^"[0-9a-f]{32}-4"$/);
    await holds("kept/parts", big);
    const part = await get("kept/parts", { PartNumber: 2 });
    assert.equal(part.PartsCount, 4);
    assert.ok((await bytesOf(part)).equals(big.subarray(partSize, 2 * partSize)), "the second part differs");
  },

  "own-parts": async () => {
    const Key = "own-parts";
    await put("source of parts", big);
    const { UploadId } = await send(s3.CreateMultipartUploadCommand, { Key });
    const sent = await send(s3.UploadPartCommand, { Key, UploadId, PartNumber: 1, Body: big.subarray(0, partSize) });
    const copied = await send(s3.UploadPartCopyCommand, { Key, UploadId, PartNumber: 7,
      CopySource: `${Bucket}/source%20of%20parts`, CopySourceRange: "bytes=100-1099" });
    const listed = await send(s3.ListPartsCommand, { Key, UploadId });
    assert.deepEqual(listed.Parts.map((part) => [part.PartNumber, part.Size]), [[1, partSize], [7, 1000]]);
    await send(s3.CompleteMultipartUploadCommand, { Key, UploadId, MultipartUpload: { Parts: [
      { PartNumber: 1, ETag: sent.ETag }, { PartNumber: 7, ETag: copied.CopyPartResult.ETag }] } });
    await holds(Key, Buffer.concat([big.subarray(0, partSize), big.subarray(100, 1100)]));
  },

  abort: async () => {
    const Key = "aborted";
    const { UploadId } = await send(s3.CreateMultipartUploadCommand, { Key });
    const part = { Key, UploadId, PartNumber: 1, Body: "part" };
    await send(s3.UploadPartCommand, part);
    assert.deepEqual((await send(s3.ListMultipartUploadsCommand, {})).Uploads.map((one) => one.Key), [Key]);
    await send(s3.AbortMultipartUploadCommand, { Key, UploadId });
    await fails(send(s3.UploadPartCommand, part), "NoSuchUpload", 404);
  },

  foreign: async () => holds(plan.foreign, big),

  range: async () => {
    await put("range", "0123456789");
    for (const [Range, wanted, told] of [["bytes=2-4", "234", "bytes 2-4/10"], ["bytes=7-", "789", "bytes 7-9/10"],
      ["bytes=-2", "89", "bytes 8-9/10"], ["bytes=8-99", "89", "bytes 8-9/10"]]) {
      const answer = await get("range", { Range });
      assert.equal(await answer.Body.transformToString(), wanted);
      assert.equal(answer.ContentRange, told);
    }
    await fails(get("range", { Range: "bytes=10-" }), "InvalidRange", 416);
  },

  "conditional-read": async () => {
    await put("conditional", "one");
    const { ETag, LastModified } = await send(s3.HeadObjectCommand, { Key: "conditional" });
    const other = '"00000000000000000000000000000000"';
    assert.equal(await (await get("conditional", { IfMatch: ETag })).Body.transformToString(), "one");
    assert.equal(await (await get("conditional", { IfNoneMatch: other })).Body.transformToString(), "one");
    await fails(get("conditional", { IfNoneMatch: ETag }), null, 304);
    await fails(get("conditional", { IfMatch: other }), "PreconditionFailed", 412);
    await fails(get("conditional", { IfModifiedSince: LastModified }), null, 304);
    await fails(get("conditional", { IfUnmodifiedSince: new Date(LastModified - 3600000) }), "PreconditionFailed", 412);
  },

  "conditional-write": async () => {
    const { ETag } = await put("once", "first", { IfNoneMatch: "*" });
    await fails(put("once", "again", { IfNoneMatch: "*" }), "PreconditionFailed", 412);
    await put("once", "next", { IfMatch: ETag });
    await fails(put("once", "late", { IfMatch: ETag }), "PreconditionFailed", 412);
    await holds("once", "next");
  },

  copy: async () => {
    const source = "from/ä +%41.txt";
    const CopySource = `${Bucket}/${source.split("/").map(encodeURIComponent).join("/")}`;
    const described = async () => {
      const answer = await get("copy");
      return [await answer.Body.transformToString(), answer.ContentType, answer.Metadata];
    };
    await put(source, "copied", { ContentType: "text/x-source", Metadata: { origin: "source" } });
    await send(s3.CopyObjectCommand, { Key: "copy", CopySource });
    assert.deepEqual(await described(), ["copied", "text/x-source", { origin: "source" }]);
    await send(s3.CopyObjectCommand, { Key: "copy", CopySource, MetadataDirective: "REPLACE",
      ContentType: "text/x-new", Metadata: { origin: "new" } });
    assert.deepEqual(await described(), ["copied", "text/x-new", { origin: "new" }]);
  },

  list: async () => {
    const wanted = Array.from({ length: 23 }, (_, i) => `list/${String(i).padStart(2, "0")}`);
    for (const key of wanted) await put(key, key);
    const pages = [];
    for await (const page of s3.paginateListObjectsV2({ client, pageSize: 7 }, { Bucket, Prefix: "list/" })) {
      pages.push(page.Contents.map((one) => one.Key));
    }
    assert.equal(pages.length, 4);
    assert.deepEqual(pages.flat(), wanted);
    const old = await send(s3.ListObjectsCommand, { Prefix: "list/", Marker: "list/19" });
    assert.deepEqual(old.Contents.map((one) => one.Key), wanted.slice(20));
  },

  delimiter: async () => {
    for (const key of ["tree/a", "tree/b/1", "tree/b/2", "tree/c d/1", "tree/e"]) await put(key, "");
    const page = await send(s3.ListObjectsV2Command, { Prefix: "tree/", Delimiter: "/" });
    assert.deepEqual(page.Contents.map((one) => one.Key), ["tree/a", "tree/e"]);
    assert.deepEqual(page.CommonPrefixes.map((one) => one.Prefix), ["tree/b/", "tree/c d/"]);
  },

  delete: async () => {
    const keys = plan.xmlNames;
    for (const key of keys) await put(key, "");
    await send(s3.DeleteObjectCommand, { Key: keys[0] });
    const answer = await send(s3.DeleteObjectsCommand, { Delete: { Objects: keys.map((Key) => ({ Key })) } });
    assert.deepEqual(answer.Errors ?? [], []);
    assert.deepEqual(answer.Deleted.map((one) => one.Key).sort(), [...keys].sort());
    for (const Key of keys) await fails(send(s3.HeadObjectCommand, { Key }), "NotFound", 404);
    for (const Key of plan.names.filter((name) => !keys.includes(name)))
      await fails(send(s3.DeleteObjectsCommand, { Delete: { Objects: [{ Key }] } }), "MalformedXML", 400);
  },

  presign: async () => {
    const Key = "presigned/ä +%41//x";
    const to = await getSignedUrl(client, new s3.PutObjectCommand({ Bucket, Key }), { expiresIn: 60 });
    const sent = await fetch(to, { method: "PUT", body: "by URL" });
    assert.equal(sent.status, 200, await sent.text());
    const from = await getSignedUrl(client, new s3.GetObjectCommand({ Bucket, Key, ResponseContentType: "text/x-asked" }));
    const answer = await fetch(from);
    assert.equal(await answer.text(), "by URL");
    assert.equal(answer.headers.get("content-type"), "text/x-asked");
  },

  metadata: async () => {
    await put("kept/metadata", "{}", { ContentType: "application/x-odd; charset=utf-8",
      ContentDisposition: 'attachment; filename="a b.txt"', ContentEncoding: "identity", ContentLanguage: "de, en",
      CacheControl: "max-age=60", Expires: new Date(Date.UTC(2030, 0, 2, 3, 4, 5)),
      Metadata: { colour: "dark  blue", "with-dash": "1" } });
    const head = await send(s3.HeadObjectCommand, { Key: "kept/metadata" });
    assert.deepEqual([head.ContentType, head.ContentDisposition, head.ContentEncoding, head.ContentLanguage,
      head.CacheControl, head.ExpiresString, head.Metadata],
    ["application/x-odd; charset=utf-8", 'attachment; filename="a b.txt"', "identity", "de, en", "max-age=60",
      "Wed, 02 Jan 2030 03:04:05 GMT", { colour: "dark  blue", "with-dash": "1" }]);
  },

  // The SDK verifies what comes back by itself.
  checksums: async () => {
    for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
      const sent = await put(`checksum/${ChecksumAlgorithm}`, "summed", { ChecksumAlgorithm });
      const answer = await get(`checksum/${ChecksumAlgorithm}`);
      const name = `Checksum${ChecksumAlgorithm}`;
      assert.ok(sent[name], `no ${name} in the answer`);
      assert.equal(answer[name], sent[name]);
      assert.equal(await answer.Body.transformToString(), "summed");
    }
  },

  "wrong-checksum": async () => {
    await fails(put("wrong", "body", { ChecksumSHA256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }), "BadDigest", 400);
    await fails(get("wrong"), "NoSuchKey", 404);
  },

  names: async () => {
    for (const name of plan.names) await put(name, name);
    for (const name of plan.names) {
      await holds(name, name);
      const plain = await send(s3.ListObjectsV2Command, { Prefix: name });
      assert.equal(plain.Contents[0].Key, name);
      const page = await send(s3.ListObjectsV2Command, { Prefix: name, EncodingType: "url" });
      assert.equal(decodeURIComponent(page.Contents[0].Key.replaceAll("+", " ")), name);
      await send(s3.DeleteObjectCommand, { Key: name });
    }
  },

  errors: async () => {
    await fails(get("nothing here"), "NoSuchKey", 404);
    await fails(send(s3.HeadObjectCommand, { Key: "nothing here" }), "NotFound", 404);
    await fails(send(s3.ListObjectsV2Command, { Bucket: "no-such-bucket-here" }), "NoSuchBucket", 404);
  },
};

for (const [name, run] of Object.entries(cases)) {
  const error = await run().then(() => null, (one) => `${one.name}: ${one.message}`);
  console.log(JSON.stringify({ case: name, error }));
}
process.exit(0); // a body that a failed case did not read must not keep the process
