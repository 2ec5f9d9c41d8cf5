import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** What a case expects. */
final class Expect {
    private Expect() {
    }

    static void equal(String what, Object have, Object want) {
        if (!Objects.equals(have, want)) {
            throw new AssertionError(what + ": have " + have + ", want " + want);
        }
    }

    static void same(String what, byte[] have, byte[] want) {
        if (!Arrays.equals(have, want)) {
            throw new AssertionError(what + ": " + have.length + " bytes differ from the " + want.length + " wanted");
        }
    }

    static S3Exception failed(Main.Case call) throws Exception {
        try {
            call.run();
        } catch (CompletionException wrapped) {
            if (wrapped.getCause() instanceof S3Exception told) {
                return told;
            }
            throw wrapped;
        } catch (S3Exception told) {
            return told;
        }
        throw new AssertionError("a call succeeded that must fail");
    }

    static void fails(String code, Main.Case call) throws Exception {
        S3Exception told = failed(call);
        equal("error", told.awsErrorDetails() == null ? told.toString() : told.awsErrorDetails().errorCode(), code);
    }

    static void status(int status, Main.Case call) throws Exception {
        equal("status", failed(call).statusCode(), status);
    }
}
