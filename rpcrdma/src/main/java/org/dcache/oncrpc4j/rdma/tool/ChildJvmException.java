// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.io.IOException;
import java.util.List;

/** A JVM of ours does not do what it was asked. The message is for people; {@link #log} has what the JVM said last. */
public class ChildJvmException extends IOException {

    private static final long serialVersionUID = 1L;

    private final transient List<String> log;

    ChildJvmException(String message, List<String> log) {
        super(message);
        this.log = List.copyOf(log);
    }

    public final List<String> log() {
        return log == null ? List.of() : log;
    }
}
