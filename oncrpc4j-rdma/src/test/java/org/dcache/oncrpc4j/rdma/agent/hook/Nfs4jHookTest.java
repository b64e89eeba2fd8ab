// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.hook;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class Nfs4jHookTest {

    @AfterEach
    void reset() {
        Nfs4jHook.install(Integer.MAX_VALUE);
    }

    @Test
    void aReadCountIsCutAlsoWhereItIsHugeOrNegative() {
        Nfs4jHook.install(1 << 20);
        assertThat(Nfs4jHook.readCount(0)).isZero();
        assertThat(Nfs4jHook.readCount(1 << 20)).isEqualTo(1 << 20);
        assertThat(Nfs4jHook.readCount((1 << 20) + 1)).isEqualTo(1 << 20);
        assertThat(Nfs4jHook.readCount(Integer.MAX_VALUE)).isEqualTo(1 << 20);
        assertThat(Nfs4jHook.readCount(-1)).isEqualTo(1 << 20);
    }

    @Test
    void namedSizesAreOursOrAtMostOurs() {
        Nfs4jHook.install(1 << 20);
        assertThat(Nfs4jHook.namedSize(32768)).isEqualTo(1 << 20);
        assertThat(Nfs4jHook.atMost(16L << 20)).isEqualTo(1 << 20);
        assertThat(Nfs4jHook.atMost(4096)).isEqualTo(4096);
    }
}
