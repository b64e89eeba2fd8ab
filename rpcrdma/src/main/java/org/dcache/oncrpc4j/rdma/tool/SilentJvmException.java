// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.util.List;

/** A JVM of ours is alive but did not answer in time: what its threads do is worth a look. */
public final class SilentJvmException extends ChildJvmException {

    private static final long serialVersionUID = 1L;

    SilentJvmException(String message, List<String> log) {
        super(message, log);
    }
}
