// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import java.util.List;

/** The value of {@code oncrpc.transport}. */
public enum Transport {
    TCP,
    RDMA,
    TCP_AND_RDMA;

    static Transport parse(String text) {
        List<String> words = List.of(text.split("\\s*,\\s*", -1));
        if (words.equals(List.of("tcp"))) {
            return TCP;
        }
        if (words.equals(List.of("rdma"))) {
            return RDMA;
        }
        if (words.size() == 2 && words.contains("tcp") && words.contains("rdma")) {
            return TCP_AND_RDMA;
        }
        throw new IllegalArgumentException(text);
    }

    public boolean usesRdma() {
        return this != TCP;
    }
}
