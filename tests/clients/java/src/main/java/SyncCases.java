import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** Every case through the synchronous client. */
final class SyncCases {
    static final int PART = 5 << 20;
    private static final String OTHER = "\"00000000000000000000000000000000\"";
    private static final String WRONG = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    private final Main.Plan plan;
    private final String bucket;
    private final byte[] big;
    private final S3Client s3 = S3Client.create();

    SyncCases(Main.Plan plan) throws Exception {
        this.plan = plan;
        this.bucket = plan.bucket();
        this.big = Files.readAllBytes(plan.big());
    }

    Map<String, Main.Case> all() {
        Map<String, Main.Case> cases = new LinkedHashMap<>();
        cases.put("bytes", this::bytes);
        cases.put("stream", this::stream);
        cases.put("empty", this::empty);
        cases.put("parts", this::parts);
        cases.put("own-parts", this::ownParts);
        cases.put("abort", this::abort);
        cases.put("foreign", () -> holds(plan.foreign(), big));
        cases.put("range", this::range);
        cases.put("conditional-read", this::conditionalRead);
        cases.put("conditional-write", this::conditionalWrite);
        cases.put("copy", this::copy);
        cases.put("list", this::list);
        cases.put("delimiter", this::delimiter);
        cases.put("delete", this::delete);
        cases.put("presign", this::presign);
        cases.put("metadata", this::metadata);
        cases.put("checksums", this::checksums);
        cases.put("wrong-checksum", this::wrongChecksum);
        cases.put("names", this::names);
        cases.put("errors", this::errors);
        return cases;
    }

    private PutObjectResponse put(String key, byte[] body) {
        return s3.putObject(b -> b.bucket(bucket).key(key), RequestBody.fromBytes(body));
    }

    private PutObjectResponse put(String key, String body) {
        return put(key, body.getBytes(StandardCharsets.UTF_8));
    }

    private ResponseBytes<GetObjectResponse> get(String key) {
        return s3.getObjectAsBytes(b -> b.bucket(bucket).key(key));
    }

    private ResponseBytes<GetObjectResponse> get(GetObjectRequest.Builder request) {
        return s3.getObjectAsBytes(request.bucket(bucket).build());
    }

    private void holds(String key, byte[] want) {
        Expect.same(key, get(key).asByteArray(), want);
    }

    private void bytes() throws Exception {
        byte[] small = Files.readAllBytes(plan.small());
        put("kept/bytes", small);
        holds("kept/bytes", small);
    }

    /** A stream whose length is told, which cannot be read twice. */
    private void stream() {
        ByteArrayInputStream stream = new ByteArrayInputStream(big) {
            @Override
            public boolean markSupported() {
                return false;
            }
        };
        s3.putObject(b -> b.bucket(bucket).key("kept/stream"), RequestBody.fromInputStream(stream, big.length));
        holds("kept/stream", big);
    }

    private void empty() {
        put("empty", "");
        holds("empty", new byte[0]);
    }

    /** The synchronous client has no transfer manager: its parts are made by hand, with checksums of each. */
    private void parts() {
        String id = s3.createMultipartUpload(b -> b.bucket(bucket).key("kept/parts")
                .checksumAlgorithm(ChecksumAlgorithm.CRC32_C)).uploadId();
        List<CompletedPart> parts = new ArrayList<>();
        for (int at = 0; at < big.length; at += PART) {
            int number = parts.size() + 1;
            byte[] piece = Arrays.copyOfRange(big, at, Math.min(big.length, at + PART));
            var sent = s3.uploadPart(b -> b.bucket(bucket).key("kept/parts").uploadId(id).partNumber(number)
                    .checksumAlgorithm(ChecksumAlgorithm.CRC32_C), RequestBody.fromBytes(piece));
            parts.add(CompletedPart.builder().partNumber(number).eTag(sent.eTag())
                    .checksumCRC32C(sent.checksumCRC32C()).build());
        }
        s3.completeMultipartUpload(b -> b.bucket(bucket).key("kept/parts").uploadId(id)
                .multipartUpload(m -> m.parts(parts)));
        holds("kept/parts", big);
        var part = get(GetObjectRequest.builder().key("kept/parts").partNumber(2));
        Expect.same("part 2", part.asByteArray(), Arrays.copyOfRange(big, PART, 2 * PART));
        Expect.equal("parts", part.response().partsCount(), 4);
    }

    private void ownParts() {
        String key = "own-parts";
        put("source of parts", big);
        String id = s3.createMultipartUpload(b -> b.bucket(bucket).key(key)).uploadId();
        byte[] first = Arrays.copyOf(big, PART);
        String sent = s3.uploadPart(b -> b.bucket(bucket).key(key).uploadId(id).partNumber(1),
                RequestBody.fromBytes(first)).eTag();
        String copied = s3.uploadPartCopy(b -> b.destinationBucket(bucket).destinationKey(key).uploadId(id).partNumber(7)
                .sourceBucket(bucket).sourceKey("source of parts").copySourceRange("bytes=100-1099"))
                .copyPartResult().eTag();
        Expect.equal("listed parts",
                s3.listPartsPaginator(b -> b.bucket(bucket).key(key).uploadId(id).maxParts(1)).stream()
                        .flatMap(page -> page.parts().stream()).map(part -> part.partNumber() + ":" + part.size()).toList(),
                List.of("1:" + PART, "7:1000"));
        s3.completeMultipartUpload(b -> b.bucket(bucket).key(key).uploadId(id).multipartUpload(m -> m.parts(
                CompletedPart.builder().partNumber(1).eTag(sent).build(),
                CompletedPart.builder().partNumber(7).eTag(copied).build())));
        byte[] whole = Arrays.copyOf(first, PART + 1000);
        System.arraycopy(big, 100, whole, PART, 1000);
        holds(key, whole);
    }

    private void abort() throws Exception {
        String id = s3.createMultipartUpload(b -> b.bucket(bucket).key("aborted")).uploadId();
        Main.Case part = () -> s3.uploadPart(b -> b.bucket(bucket).key("aborted").uploadId(id).partNumber(1),
                RequestBody.fromString("part"));
        part.run();
        Expect.equal("uploads", s3.listMultipartUploads(b -> b.bucket(bucket)).uploads().size(), 1);
        s3.abortMultipartUpload(b -> b.bucket(bucket).key("aborted").uploadId(id));
        Expect.fails("NoSuchUpload", part);
    }

    private void range() throws Exception {
        put("range", "0123456789");
        for (String[] one : new String[][] {{"bytes=2-4", "234", "bytes 2-4/10"}, {"bytes=7-", "789", "bytes 7-9/10"},
                {"bytes=-2", "89", "bytes 8-9/10"}, {"bytes=8-99", "89", "bytes 8-9/10"}}) {
            var answer = get(GetObjectRequest.builder().key("range").range(one[0]));
            Expect.equal(one[0], answer.asUtf8String() + answer.response().contentRange(), one[1] + one[2]);
        }
        Expect.fails("InvalidRange", () -> get(GetObjectRequest.builder().key("range").range("bytes=10-")));
    }

    private void conditionalRead() throws Exception {
        put("conditional", "one");
        HeadObjectResponse head = s3.headObject(b -> b.bucket(bucket).key("conditional"));
        Instant before = head.lastModified().minus(Duration.ofHours(1));
        get(GetObjectRequest.builder().key("conditional").ifMatch(head.eTag()));
        get(GetObjectRequest.builder().key("conditional").ifNoneMatch(OTHER));
        Expect.status(304, () -> get(GetObjectRequest.builder().key("conditional").ifNoneMatch(head.eTag())));
        Expect.status(412, () -> get(GetObjectRequest.builder().key("conditional").ifMatch(OTHER)));
        Expect.status(304,
                () -> get(GetObjectRequest.builder().key("conditional").ifModifiedSince(head.lastModified())));
        Expect.status(412, () -> get(GetObjectRequest.builder().key("conditional").ifUnmodifiedSince(before)));
    }

    private void conditionalWrite() throws Exception {
        PutObjectRequest.Builder once = PutObjectRequest.builder().bucket(bucket).key("once").ifNoneMatch("*");
        String tag = s3.putObject(once.build(), RequestBody.fromString("first")).eTag();
        Expect.fails("PreconditionFailed", () -> s3.putObject(once.build(), RequestBody.fromString("again")));
        s3.putObject(b -> b.bucket(bucket).key("once").ifMatch(tag), RequestBody.fromString("next"));
        Expect.equal("once", get("once").asUtf8String(), "next");
    }

    private String described(String key) {
        var answer = get(key);
        return answer.asUtf8String() + answer.response().contentType() + answer.response().metadata();
    }

    private void copy() {
        String source = "from/ä +%41.txt";
        s3.putObject(b -> b.bucket(bucket).key(source).contentType("text/x-source").metadata(Map.of("origin", "source")),
                RequestBody.fromString("copied"));
        s3.copyObject(b -> b.sourceBucket(bucket).sourceKey(source).destinationBucket(bucket).destinationKey("copy"));
        Expect.equal("copy", described("copy"), "copiedtext/x-source{origin=source}");
        s3.copyObject(b -> b.sourceBucket(bucket).sourceKey(source).destinationBucket(bucket).destinationKey("copy")
                .metadataDirective(MetadataDirective.REPLACE).contentType("text/x-new").metadata(Map.of("origin", "new")));
        Expect.equal("copy", described("copy"), "copiedtext/x-new{origin=new}");
    }

    private void list() {
        List<String> want = IntStream.range(0, 23).mapToObj(i -> String.format("list/%02d", i)).toList();
        want.forEach(key -> put(key, key));
        var pages = s3.listObjectsV2Paginator(b -> b.bucket(bucket).prefix("list/").maxKeys(7));
        Expect.equal("pages", pages.stream().count(), 4L);
        Expect.equal("keys", pages.contents().stream().map(S3Object::key).toList(), want);
        Expect.equal("version 1", s3.listObjects(b -> b.bucket(bucket).prefix("list/").marker("list/19")).contents()
                .stream().map(S3Object::key).toList(), want.subList(20, 23));
    }

    private void delimiter() {
        List.of("tree/a", "tree/b/1", "tree/b/2", "tree/c d/1", "tree/e").forEach(key -> put(key, ""));
        ListObjectsV2Response page = s3.listObjectsV2(b -> b.bucket(bucket).prefix("tree/").delimiter("/"));
        Expect.equal("keys", page.contents().stream().map(S3Object::key).toList(), List.of("tree/a", "tree/e"));
        Expect.equal("prefixes", page.commonPrefixes().stream().map(CommonPrefix::prefix).toList(),
                List.of("tree/b/", "tree/c d/"));
    }

    private void delete() throws Exception {
        List<ObjectIdentifier> keys = plan.xmlNames().stream()
                .map(name -> ObjectIdentifier.builder().key(name).build()).toList();
        keys.forEach(key -> put(key.key(), ""));
        s3.deleteObject(b -> b.bucket(bucket).key(keys.get(0).key()));
        var answer = s3.deleteObjects(b -> b.bucket(bucket).delete(d -> d.objects(keys)));
        Expect.equal("errors", answer.errors(), List.of());
        Expect.equal("deleted", answer.deleted().size(), keys.size());
        for (String name : plan.xmlNames()) {
            Expect.status(404, () -> s3.headObject(b -> b.bucket(bucket).key(name)));
        }
    }

    private void presign() throws Exception {
        String key = "presigned/ä +%41//x";
        HttpClient plain = HttpClient.newHttpClient();
        try (S3Presigner signer = S3Presigner.create()) {
            URI to = signer.presignPutObject(b -> b.signatureDuration(Duration.ofMinutes(1))
                    .putObjectRequest(r -> r.bucket(bucket).key(key))).url().toURI();
            HttpResponse<String> sent = plain.send(
                    HttpRequest.newBuilder(to).PUT(HttpRequest.BodyPublishers.ofString("by URL")).build(),
                    HttpResponse.BodyHandlers.ofString());
            Expect.equal("PUT by URL", sent.statusCode() + sent.body(), "200");
            URI from = signer.presignGetObject(b -> b.signatureDuration(Duration.ofMinutes(1))
                    .getObjectRequest(r -> r.bucket(bucket).key(key).responseContentType("text/x-asked"))).url().toURI();
            HttpResponse<String> answer = plain.send(HttpRequest.newBuilder(from).build(),
                    HttpResponse.BodyHandlers.ofString());
            Expect.equal("GET by URL", answer.body() + answer.headers().firstValue("content-type").orElse(""),
                    "by URLtext/x-asked");
        }
    }

    private void metadata() {
        s3.putObject(b -> b.bucket(bucket).key("kept/metadata").contentType("application/x-odd; charset=utf-8")
                .contentDisposition("attachment; filename=\"a b.txt\"").contentEncoding("identity")
                .contentLanguage("de, en").cacheControl("max-age=60").expires(Instant.parse("2030-01-02T03:04:05Z"))
                .metadata(Map.of("colour", "dark  blue", "with-dash", "1")), RequestBody.fromString("{}"));
        HeadObjectResponse head = s3.headObject(b -> b.bucket(bucket).key("kept/metadata"));
        Expect.equal("headers", List.of(head.contentType(), head.contentDisposition(), head.contentEncoding(),
                head.contentLanguage(), head.cacheControl(), head.expiresString(), head.metadata().get("with-dash")),
                List.of("application/x-odd; charset=utf-8", "attachment; filename=\"a b.txt\"", "identity", "de, en",
                        "max-age=60", "Wed, 02 Jan 2030 03:04:05 GMT", "1"));
    }

    /** The SDK verifies what comes back by itself. */
    private void checksums() {
        for (ChecksumAlgorithm algorithm : List.of(ChecksumAlgorithm.CRC32, ChecksumAlgorithm.CRC32_C,
                ChecksumAlgorithm.CRC64_NVME, ChecksumAlgorithm.SHA1, ChecksumAlgorithm.SHA256)) {
            String key = "checksum/" + algorithm;
            PutObjectResponse put = s3.putObject(b -> b.bucket(bucket).key(key).checksumAlgorithm(algorithm),
                    RequestBody.fromString("summed"));
            GetObjectResponse got = get(GetObjectRequest.builder().key(key).checksumMode("ENABLED")).response();
            List<String> sums = Arrays.asList(put.checksumCRC32(), put.checksumCRC32C(), put.checksumCRC64NVME(),
                    put.checksumSHA1(), put.checksumSHA256());
            Expect.equal("checksums of " + algorithm, sums.stream().filter(sum -> sum != null).count(), 1L);
            Expect.equal("checksum of " + algorithm, Arrays.asList(got.checksumCRC32(), got.checksumCRC32C(),
                    got.checksumCRC64NVME(), got.checksumSHA1(), got.checksumSHA256()), sums);
        }
    }

    private void wrongChecksum() throws Exception {
        Expect.fails("BadDigest", () -> s3.putObject(b -> b.bucket(bucket).key("wrong").checksumSHA256(WRONG),
                RequestBody.fromString("body")));
        Expect.fails("NoSuchKey", () -> get("wrong"));
    }

    private void names() {
        for (String name : plan.names()) {
            put(name, name);
        }
        for (String name : plan.names()) {
            holds(name, name.getBytes(StandardCharsets.UTF_8));
            String listed = s3.listObjectsV2(b -> b.bucket(bucket).prefix(name).encodingType(EncodingType.URL))
                    .contents().get(0).key();
            Expect.equal("listed", listed, name); // the SDK decodes it
            s3.deleteObject(b -> b.bucket(bucket).key(name));
        }
    }

    private void errors() throws Exception {
        Expect.equal("type", Expect.failed(() -> get("nothing here")).getClass(), NoSuchKeyException.class);
        Expect.status(404, () -> s3.headObject(b -> b.bucket(bucket).key("nothing here")));
        Expect.fails("NoSuchBucket", () -> s3.listObjectsV2(b -> b.bucket("no-such-bucket-here")));
    }
}
