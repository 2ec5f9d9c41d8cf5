// Uploads whose length or checksum the SDK does not know beforehand; prints one JSON line.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Readable } from "node:stream";
import { createHash, randomBytes } from "node:crypto";
import path from "node:path";

const modules = process.env.GLAUX_NODE_MODULES;
const require = createRequire(pathToFileURL(path.join(modules, "..", "package.json")));
const { S3Client, CreateBucketCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } =
  require("@aws-sdk/client-s3");

const s3 = new S3Client({});
const Bucket = `js-${randomBytes(6).toString("hex")}`;
const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");

// Gives the bytes in pieces of a size that no reader of sockets has.
function* cut(bytes) {
  for (let at = 0; at < bytes.length; at += 70_001) yield bytes.subarray(at, at + 70_001);
}

await s3.send(new CreateBucketCommand({ Bucket }));
const same = [];
for (const size of [0, 1, 100_000, 5_000_000]) {
  const bytes = randomBytes(size);
  const put = await s3.send(new PutObjectCommand({
    Bucket, Key: "stream", Body: Readable.from(cut(bytes)), ContentLength: size,
    ContentEncoding: "gzip", Metadata: { from: "js" } }));
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "stream", ChecksumMode: "ENABLED" }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "stream", ChecksumMode: "ENABLED" }));
  const back = await got.Body.transformToByteArray();
  same.push(md5(back) === md5(bytes) && head.ChecksumCRC32 === put.ChecksumCRC32 && !!put.ChecksumCRC32
    && head.ContentEncoding === "gzip" && head.ContentLength === size);
}
const missing = await s3.send(new PutObjectCommand({
  Bucket: "no-such-bucket", Key: "a", Body: Readable.from(cut(randomBytes(3_000_000))), ContentLength: 3_000_000 }))
  .catch((e) => e.name);
console.log(JSON.stringify({ same, missing }));
