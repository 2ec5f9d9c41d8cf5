// A session, a calculation and its output through the AWS SDK for JavaScript; prints one JSON line.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import path from "node:path";

const modules = process.env.GLAUX_NODE_MODULES;
const require = createRequire(pathToFileURL(path.join(modules, "..", "package.json")));
const { AthenaClient, StartSessionCommand, GetSessionStatusCommand, StartCalculationExecutionCommand,
  GetCalculationExecutionCommand, TerminateSessionCommand, GetSessionCommand } = require("@aws-sdk/client-athena");
const { S3Client, GetObjectCommand, PutObjectCommand } = require("@aws-sdk/client-s3");
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");

const athena = new AthenaClient({});
const s3 = new S3Client({});
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(ask, wanted) {
  for (let i = 0; i < 1200; i++) {
    const answer = await ask();
    if (wanted.includes(answer.Status.State)) return answer;
    await pause(100);
  }
  throw new Error("it takes too long");
}

const { Account } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
const { SessionId } = await athena.send(
  new StartSessionCommand({ WorkGroup: "spark", EngineConfiguration: { MaxConcurrentDpus: 2 } }));
await until(() => athena.send(new GetSessionStatusCommand({ SessionId })), ["IDLE", "FAILED"]);
const { CalculationExecutionId } = await athena.send(
  new StartCalculationExecutionCommand({ SessionId, CodeBlock: "print('from JavaScript')" }));
const done = await until(
  () => athena.send(new GetCalculationExecutionCommand({ CalculationExecutionId })),
  ["COMPLETED", "FAILED", "CANCELED"]);
const [Bucket, ...rest] = done.Result.StdOutS3Uri.replace("s3://", "").split("/");
const object = await s3.send(new GetObjectCommand({ Bucket, Key: rest.join("/") }));
const stdout = await object.Body.transformToString();
await s3.send(new PutObjectCommand({ Bucket, Key: "js/put.txt", Body: "bytes" }));
const error = await athena.send(new GetSessionCommand({ SessionId: "no-such-session" })).catch((e) => e.name);
const { State } = await athena.send(new TerminateSessionCommand({ SessionId }));
console.log(JSON.stringify({ Account, state: done.Status.State, stdout, error, ended: State,
  date: done.Status.CompletionDateTime instanceof Date }));
