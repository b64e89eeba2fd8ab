// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

/** What a JMX client sees of one connection. */
public interface ConnectionMXData {

    String getRemote();

    String getLocal();

    /** Name of the provider, for example "iwarp". */
    String getProvider();

    /** Largest message sent in one Send, bytes. */
    int getInlineSend();

    /** Largest message received in one Send, bytes. */
    int getInlineReceive();

    /** Calls that the peer allows us to have outstanding. */
    int getCredits();

    /** Whether the provider checks messages with a checksum of its own. */
    boolean isCrc();

    /** Calls of ours that have no answer yet. */
    int getCallsPending();

    /** Calls of the peer that we have not answered yet. */
    int getCallsServed();

    /** Messages received since it was up. */
    long getMessagesReceived();

    /** How long it has been up, milliseconds. */
    long getUptime();

    /** How long nothing has gone over it, milliseconds. */
    long getSilence();
}
