// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rdma.nfs3.mount.Mount3Res;
import org.dcache.oncrpc4j.rdma.nfs3.mount.MountStat3;
import org.dcache.oncrpc4j.xdr.BadXdrOncRpcException;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lengths, counts and values that a hostile peer may send. */
class HostileLengthsTest {

    private static Xdr words(int... words) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * words.length);
        for (int word : words) {
            bytes.putInt(word);
        }
        return new Xdr(bytes.array());
    }

    private static void refused(Decoded.Reader<? extends XdrValue> reader, Class<? extends IOException> with, int... words) {
        assertThatThrownBy(() -> Procedures.decode(reader, words(words))).isInstanceOf(with);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE - 3, 5000})
    void lengthsOverTheLimitAreRefusedBeforeAnythingIsAllocated(int length) {
        refused(FileHandle::decode, LimitExceededException.class, length);
        refused(NfsText::decode, LimitExceededException.class, length);
        refused(NfsText::decodePath, LimitExceededException.class, length);
        refused(NfsText::decodeDirPath, LimitExceededException.class, length);
        refused(Mount3Res::decode, LimitExceededException.class, 0, 0, length);
        refused(Write3Args::decode, IOException.class, 0, 0, 0, 0, 0, length, 1);
    }

    @Test
    void theLimitsAreTheseAndNotOneMore() {
        refused(FileHandle::decode, LimitExceededException.class, 65);
        refused(NfsText::decode, LimitExceededException.class, Nfs3.MAX_NAME + 1);
        refused(NfsText::decodeDirPath, LimitExceededException.class, Mount3.MNTPATHLEN + 1);
    }

    @Test
    void valuesThatTheRfcDoesNotDefineAreRefused() {
        refused(NfsStat3::decode, UnknownValueException.class, 3);
        refused(MountStat3::decode, UnknownValueException.class, 3);
        refused(FileType3::decode, UnknownValueException.class, 0);
        refused(CreateMode3::decode, UnknownValueException.class, 3);
        refused(SetTime3::decode, UnknownValueException.class, 3);
    }

    /** Mostly small words, as counts and flags are, so that decoding gets far. */
    @Property(tries = 500)
    void whateverTheBytesAreDecodingEndsWithAValueOrAnExceptionThatSaysSo(@ForAll long seed) {
        Random random = new Random(seed);
        int[] words = new int[random.nextInt(200)];
        for (int i = 0; i < words.length; i++) {
            words[i] = random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(random.nextInt(8) == 0 ? 80 : 3);
        }
        for (Procedures.Procedure procedure : Procedures.ALL) {
            decode(procedure.arguments(), words);
            decode(procedure.results(), words);
        }
        for (Decoded.Reader<? extends XdrValue> reader : Procedures.MOUNT) {
            decode(reader, words);
        }
    }

    private static void decode(Decoded.Reader<? extends XdrValue> reader, int[] words) {
        try {
            Procedures.decode(reader, words(words));
        } catch (IOException e) {
            // Any other exception fails the test.
            assertThat(e).isInstanceOfAny(BadXdrOncRpcException.class, LimitExceededException.class, UnknownValueException.class);
        }
    }
}
