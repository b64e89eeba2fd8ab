// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import java.util.List;

/** The demo cannot go on. The message is for people; {@link #log} has what the JVM in question said last. */
class DemoException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient List<String> log;

    DemoException(String message, List<String> log) {
        super(message);
        this.log = List.copyOf(log);
    }

    final List<String> log() {
        return log == null ? List.of() : log;
    }
}
