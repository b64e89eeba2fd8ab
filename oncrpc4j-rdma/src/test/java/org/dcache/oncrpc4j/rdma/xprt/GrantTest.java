// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a server grants. As Linux's, it is what the server allows, never 0, whatever a call asks for: a client that asks for less uses less
 * (RFC 8166, 3.3.1).
 */
class GrantTest {

    private static final int XID = 0x1234;

    /** Place of the credit word, in errors of any version too. */
    private static final int CREDITS = 8;

    /** A reply, and both kinds of errors. */
    @ParameterizedTest
    @Tag("conformance-1")
    @CsvSource({"1, 128", "1, 0", "4, 128", "4, 1", "128, 0", "128, 1", "128, 128", "128, -1"})
    void aGrantIsWhatIsAllowedAndNeverNothingWhateverIsAskedFor(int allowed, int asked) {
        try (Engine server = new Engine(false, new PrivateData(true, Engine.INLINE, Engine.INLINE),
                Map.of("oncrpc.rdma.credits", "" + allowed))) {
            server.receive(Engine.message(Engine.header(XID, asked, RdmaHeader.RDMA_MSG), Engine.call(XID, 0)));
            server.answer(server.calls.get(0), Engine.reply(XID, 4));
            server.receive(Engine.message(Engine.header(XID + 1, asked, RdmaHeader.RDMA_MSG).version(7), Engine.call(XID + 1, 0)));
            server.receive(Engine.message(Engine.header(XID + 2, asked, RdmaHeader.RDMA_NOMSG), new byte[0]));
            assertThat(server.sends()).hasSize(3);
            for (int i = 0; i < 3; i++) {
                assertThat(server.sends().get(i).data().getInt(CREDITS)).as("message " + i).isEqualTo(allowed);
            }
        }
    }

    /** The other side of it: what our client uses is never more than it asked for, and at least one call. */
    @ParameterizedTest
    @Tag("conformance-108")
    @CsvSource({"4, 128, 4", "4, 0, 1", "4, -1, 4", "128, 3, 3", "1, 128, 1"})
    void aClientUsesNoMoreThanItAskedForAndWasGranted(int asked, int granted, int used) throws Exception {
        try (Engine client = new Engine(true, new PrivateData(false, Engine.INLINE, Engine.INLINE),
                Map.of("oncrpc.rdma.credits", "" + asked))) {
            BackwardCallTest.call(client, XID);
            client.receive(Engine.message(Engine.header(XID, granted, RdmaHeader.RDMA_MSG), Engine.reply(XID, 4)));
            assertThat(client.connection.creditsGranted()).isEqualTo(used);
        }
    }
}
