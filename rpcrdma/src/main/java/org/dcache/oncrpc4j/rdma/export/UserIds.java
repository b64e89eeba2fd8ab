// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.util.stream.Stream;

/** The ids of a user and a group, unsigned 32 bits, as an admin writes them: {@code UID:GID}. */
public record UserIds(int uid, int gid) {

    /** No valid id: to chown(2) it means "leave it as it is", so a file made for it would stay the server's. */
    static final int NONE = -1;

    /** @throws IllegalArgumentException if it is not {@code UID:GID} */
    public static UserIds parse(String text) {
        if (!isOne(text)) {
            throw new IllegalArgumentException("expected UID:GID, each from 0 to 4294967294, got " + text);
        }
        String[] numbers = text.split(":");
        return new UserIds(Integer.parseUnsignedInt(numbers[0]), Integer.parseUnsignedInt(numbers[1]));
    }

    static boolean isOne(String text) {
        return text.matches("\\d{1,10}:\\d{1,10}")
                && Stream.of(text.split(":")).allMatch(number -> Long.parseLong(number) < Integer.toUnsignedLong(NONE));
    }

    /** For {@link #parse}. */
    @Override
    public String toString() {
        return Integer.toUnsignedString(uid) + ":" + Integer.toUnsignedString(gid);
    }
}
