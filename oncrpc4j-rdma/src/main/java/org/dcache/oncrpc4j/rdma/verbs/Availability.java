// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

/**
 * Answer to "can this provider work here?".
 *
 * @param available whether it can
 * @param reason what was found (available) or what is missing and how to get it (unavailable)
 */
public record Availability(boolean available, String reason) {

    public static Availability yes(String reason) {
        return new Availability(true, reason);
    }

    public static Availability no(String reason) {
        return new Availability(false, reason);
    }
}
