// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check.nfs41;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HexFormat;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes of a COMPOUND, and replies, good and other. */
class CompoundTest {

    private static final String STATE = "00000001" + "0102030405060708090a0b0c";
    private static final String OPENED = STATE + "00000001" + "0000000000000001" + "0000000000000002" + "00000004"
            + "00000001" + "00000000";
    private static final String ACE = "00000000" + "00000000" + "00000001" + "00000006" + "4f574e455240" + "0000";

    private final int[] word = new int[1];
    private final Compound compound = new Compound().with(18, "OPEN", xdr -> xdr.xdrEncodeInt(5), PnfsSession::opened)
            .with(10, "GETFH", xdr -> { }, xdr -> word[0] = xdr.xdrDecodeInt());

    private void reply(String... hex) throws IOException {
        try (Xdr xdr = new Xdr(HexFormat.of().parseHex(String.join("", hex)))) {
            xdr.beginDecoding();
            compound.xdrDecode(xdr);
        }
        compound.check();
    }

    @Test
    void argumentsAreTagMinorVersionAndOperations() throws IOException {
        try (Xdr xdr = new Xdr(64)) {
            xdr.beginEncoding();
            compound.xdrEncode(xdr);
            xdr.endEncoding();
            assertThat(HexFormat.of().formatHex(xdr.getBytes())).isEqualTo("00000000" + "00000001" + "00000002" + "00000012" + "00000005"
                    + "0000000a");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"00000000", "00000003" + "00000000", "00000003" + "00000001" + "00000001",
        "00000001" + STATE + "00000000" + ACE, "00000002" + STATE + "00000000" + "00000001" + "0000000000001000" + ACE})
    void whatFollowsAnOpenIsFoundWhateverWasDelegated(String delegation) throws IOException {
        reply("00000000", "00000000", "00000002", "00000012", "00000000", OPENED, delegation, "0000000a", "00000000", "0000002a");
        assertThat(word[0]).isEqualTo(42);
    }

    @Test
    void theOperationThatWasRefusedIsNamed() {
        assertThatThrownBy(() -> reply("00000002", "00000000", "00000001", "00000012", "00000002")).isInstanceOf(NfsRefusalException.class)
                .hasMessage("the server refused OPEN: NFS4ERR_NOENT");
    }

    @Test
    void otherRepliesThanTheOneThatWasAskedForAreErrors() {
        assertThatThrownBy(() -> reply("00000000", "00000000", "00000001", "0000000a")).isInstanceOf(IOException.class)
                .hasMessageContaining("expected the result of OPEN");
        assertThatThrownBy(() -> reply("00000000", "00000000", "00000000")).isInstanceOf(IOException.class)
                .hasMessageContaining("expected 2 results");
        assertThatThrownBy(() -> reply("00000000", "00000000", "00000003")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> reply("00002725", "00000000", "00000000")).isInstanceOf(NfsRefusalException.class)
                .hasMessageContaining("NFS4ERR_MINOR_VERS_MISMATCH");
    }
}
