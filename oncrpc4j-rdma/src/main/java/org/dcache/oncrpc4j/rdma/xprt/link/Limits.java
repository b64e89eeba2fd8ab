// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.link;

import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;

/**
 * The bounds that the engine keeps, taken once from the settings.
 *
 * @param inline inline threshold offered, bytes
 * @param credits calls of the side that dialled, outstanding per connection
 * @param backwardCredits calls of the side that accepted, outstanding per connection
 * @param backlog bytes that calls waiting for credits may take
 * @param maxMessage largest call pulled through Read chunks, bytes
 * @param maxReply largest reply offered to a program without a binding, bytes
 * @param maxSegments segments in one header's chunk lists
 * @param inboundReads IRD
 * @param outboundReads ORD
 * @param readTimeout milliseconds in which the Reads of a call must be done, from when it has memory for them
 * @param givenUpTimeout milliseconds without a reply after which a connection ends whose credits are all held by calls that were given up
 * @param keepalive milliseconds of silence before a probe; 0 never
 * @param idleTimeout milliseconds of silence before closing; 0 never
 * @param handshakeTimeout milliseconds for a connection handshake
 */
public record Limits(
        int inline,
        int credits,
        int backwardCredits,
        long backlog,
        int maxMessage,
        int maxReply,
        int maxSegments,
        int inboundReads,
        int outboundReads,
        long readTimeout,
        long givenUpTimeout,
        long keepalive,
        long idleTimeout,
        long handshakeTimeout) {

    /**
     * Receives beyond the credits of both directions: RDMA_ERRORs and late messages must not hit an empty queue (Linux posts batches of 7
     * more).
     */
    public static final int SPARE_RECEIVES = 32;

    /**
     * Receives to keep posted: the calls of one direction and the replies of the other are in the grants of both [50]. It is the same for
     * either side, since a reply comes for each call that was granted, and a call for each grant.
     */
    public int receives() {
        return credits + backwardCredits + SPARE_RECEIVES;
    }

    /** @param suited inline threshold that suits the provider, for who has set none */
    public static Limits of(Configuration config, int suited) {
        Integer inline = config.get(Settings.INLINE);
        return new Limits(
                inline == null ? suited : inline,
                config.get(Settings.CREDITS),
                config.get(Settings.BACKWARD_CREDITS),
                config.get(Settings.BACKLOG),
                config.get(Settings.MAX_MESSAGE),
                config.get(Settings.MAX_REPLY),
                config.get(Settings.MAX_SEGMENTS),
                config.get(Settings.IWARP_IRD),
                config.get(Settings.IWARP_ORD),
                config.get(Settings.READ_TIMEOUT),
                config.get(Settings.GIVEN_UP_TIMEOUT),
                config.get(Settings.KEEPALIVE),
                config.get(Settings.IDLE_TIMEOUT),
                config.get(Settings.HANDSHAKE_TIMEOUT));
    }
}
