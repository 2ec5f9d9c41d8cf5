import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;

/** The cases of tests/s3_sdk.py through the AWS SDK for Java: `Main sync|netty|crt PLAN`; a line of JSON for each. */
public final class Main {
    interface Case {
        void run() throws Exception;
    }

    /** What the test tells: a bucket of its own, files to send, names to use, and an object that another client put. */
    record Plan(String bucket, Path small, Path big, List<String> names, List<String> xmlNames,
            String foreign) {
        static Plan read(String path) throws Exception {
            JsonNode node = JsonNode.parser().parse(Files.readString(Path.of(path)));
            return new Plan(text(node, "bucket"), Path.of(text(node, "small")), Path.of(text(node, "big")),
                    texts(node, "names"), texts(node, "xmlNames"), text(node, "foreign"));
        }

        private static List<String> texts(JsonNode node, String name) {
            return node.field(name).orElseThrow().asArray().stream().map(JsonNode::asString).toList();
        }

        private static String text(JsonNode node, String name) {
            return node.field(name).orElseThrow().asString();
        }
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\' || c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    private static void report(String name, Case one) {
        String error = "null";
        try {
            one.run();
        } catch (Exception | AssertionError thrown) {
            error = quoted(thrown.toString());
        }
        System.out.printf("{\"case\": \"%s\", \"error\": %s}%n", name, error);
    }

    public static void main(String[] arguments) throws Exception {
        System.setOut(new java.io.PrintStream(System.out, true, StandardCharsets.UTF_8));
        Plan plan = Plan.read(arguments[1]);
        Map<String, Case> cases = arguments[0].equals("sync")
                ? new SyncCases(plan).all()
                : new AsyncCases(plan, arguments[0]).all();
        cases.forEach(Main::report);
        System.exit(0);
    }
}
