import static software.amazon.awssdk.core.client.config.SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.transfer.s3.S3TransferManager;

/** The cases that send and read content, through an asynchronous client (Netty's or the C runtime's). */
final class AsyncCases {
    private final Main.Plan plan;
    private final String bucket;
    private final byte[] big;
    private final S3AsyncClient s3;

    AsyncCases(Main.Plan plan, String kind) throws Exception {
        this.plan = plan;
        this.bucket = plan.bucket();
        this.big = Files.readAllBytes(plan.big());
        this.s3 = kind.equals("crt")
                ? S3AsyncClient.crtBuilder().minimumPartSizeInBytes((long) SyncCases.PART).build()
                : S3AsyncClient.builder().multipartEnabled(true)
                        .multipartConfiguration(m -> m.minimumPartSizeInBytes((long) SyncCases.PART)).build();
    }

    Map<String, Main.Case> all() {
        Map<String, Main.Case> cases = new LinkedHashMap<>();
        cases.put("bytes", this::bytes);
        cases.put("stream", this::stream);
        cases.put("empty", this::empty);
        cases.put("parts", this::parts);
        cases.put("foreign", () -> holds(plan.foreign(), big));
        cases.put("range", this::range);
        cases.put("copy", this::copy);
        cases.put("checksums", this::checksums);
        cases.put("names", this::names);
        cases.put("errors", this::errors);
        return cases;
    }

    private void put(String key, byte[] body) {
        s3.putObject(b -> b.bucket(bucket).key(key), AsyncRequestBody.fromBytes(body)).join();
    }

    private byte[] get(String key) {
        return s3.getObject(b -> b.bucket(bucket).key(key), AsyncResponseTransformer.toBytes())
                .orTimeout(60, TimeUnit.SECONDS).join().asByteArray();
    }

    private void holds(String key, byte[] want) {
        Expect.same(key, get(key), want);
    }

    private void bytes() throws Exception {
        byte[] small = Files.readAllBytes(plan.small());
        put("kept/bytes", small);
        holds("kept/bytes", small);
    }

    private void stream() throws Exception {
        var threads = Executors.newSingleThreadExecutor();
        try (var stream = Files.newInputStream(plan.big())) {
            s3.putObject(b -> b.bucket(bucket).key("kept/stream"),
                    AsyncRequestBody.fromInputStream(stream, (long) big.length, threads)).join();
        } finally {
            threads.shutdown();
        }
        holds("kept/stream", big);
    }

    /**
     * The client of Netty waits for ever on a part that is complete before it has set its reader up. A future that is
     * completed where the answer is read, not on another thread, makes that certain for an answer without a body.
     */
    private void empty() {
        put("empty", new byte[0]);
        holds("empty", new byte[0]);
        try (S3AsyncClient atOnce = S3AsyncClient.builder().multipartEnabled(true)
                .asyncConfiguration(a -> a.advancedOption(FUTURE_COMPLETION_EXECUTOR, Runnable::run)).build()) {
            var answer = atOnce.getObject(b -> b.bucket(bucket).key("empty"), AsyncResponseTransformer.toBytes());
            Expect.same("empty", answer.orTimeout(30, TimeUnit.SECONDS).join().asByteArray(), new byte[0]);
        }
    }

    /** A file up and down, and a copy, by the transfer manager. */
    private void parts() throws Exception {
        Path back = Files.createTempFile(plan.big().getParent(), "back", null);
        try (S3TransferManager transfer = S3TransferManager.builder().s3Client(s3).build()) {
            transfer.uploadFile(u -> u.source(plan.big()).putObjectRequest(r -> r.bucket(bucket).key("kept/parts")))
                    .completionFuture().join();
            transfer.downloadFile(d -> d.destination(back).getObjectRequest(r -> r.bucket(bucket).key("kept/parts")))
                    .completionFuture().join();
        }
        Expect.same("the file that came back", Files.readAllBytes(back), big);
        Files.delete(back);
    }

    private void range() {
        put("range", "0123456789".getBytes(StandardCharsets.UTF_8));
        var answer = s3.getObject(b -> b.bucket(bucket).key("range").range("bytes=2-4"),
                AsyncResponseTransformer.toBytes()).join();
        Expect.equal("range", answer.asUtf8String() + answer.response().contentRange(), "234bytes 2-4/10");
        Expect.same("within parts", s3.getObject(b -> b.bucket(bucket).key("kept/parts").range("bytes=5000000-6000000"),
                AsyncResponseTransformer.toBytes()).join().asByteArray(), Arrays.copyOfRange(big, 5000000, 6000001));
    }

    /** Big enough to be copied by parts. */
    private void copy() {
        s3.copyObject(b -> b.sourceBucket(bucket).sourceKey("kept/parts").destinationBucket(bucket)
                .destinationKey("copy")).join();
        holds("copy", big);
    }

    private void checksums() {
        for (ChecksumAlgorithm algorithm : List.of(ChecksumAlgorithm.CRC32, ChecksumAlgorithm.CRC32_C,
                ChecksumAlgorithm.CRC64_NVME, ChecksumAlgorithm.SHA1, ChecksumAlgorithm.SHA256)) {
            String key = "checksum/" + algorithm;
            s3.putObject(b -> b.bucket(bucket).key(key).checksumAlgorithm(algorithm), AsyncRequestBody.fromBytes(big))
                    .join();
            holds(key, big);
        }
    }

    private void names() {
        for (String name : plan.names()) {
            put(name, name.getBytes(StandardCharsets.UTF_8));
        }
        for (String name : plan.names()) {
            holds(name, name.getBytes(StandardCharsets.UTF_8));
        }
    }

    private void errors() throws Exception {
        Expect.status(404, () -> get("nothing here"));
    }
}
