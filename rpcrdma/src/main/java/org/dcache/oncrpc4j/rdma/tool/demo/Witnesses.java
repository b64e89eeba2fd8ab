// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import org.dcache.oncrpc4j.rdma.tool.relay.Tap;

/** A witness for each direction of a connection, as seen from who connected. They stay readable when the relay is closed. */
record Witnesses(StreamWitness toServer, StreamWitness toClient) implements Tap {

    Witnesses() {
        this(new StreamWitness(), new StreamWitness());
    }

    @Override
    public Verdict toServer(byte[] bytes, int offset, int length) {
        toServer.feed(bytes, offset, length);
        return Verdict.PASS;
    }

    @Override
    public Verdict toClient(byte[] bytes, int offset, int length) {
        toClient.feed(bytes, offset, length);
        return Verdict.PASS;
    }
}
