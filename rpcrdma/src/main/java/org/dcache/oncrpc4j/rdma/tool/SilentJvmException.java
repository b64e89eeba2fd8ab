// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import java.util.List;

/** One of the demo's JVMs is alive but did not answer in time: what its threads do is worth a look. */
final class SilentJvmException extends DemoException {

    private static final long serialVersionUID = 1L;

    SilentJvmException(String message, List<String> log) {
        super(message, log);
    }
}
