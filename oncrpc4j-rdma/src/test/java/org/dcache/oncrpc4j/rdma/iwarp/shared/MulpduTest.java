// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.shared;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MulpduTest {

    @Test
    @Tag("conformance-82")
    void fitsTheSegmentAsThatOfSiwDoes() {
        assertThat(Mulpdu.ofMtu(1500, false)).isEqualTo(1442);
        assertThat(Mulpdu.ofMtu(65536, false)).isEqualTo(65474);
        assertThat(Mulpdu.ofMtu(1500, true)).isEqualTo(1418);
        assertThat(Mulpdu.ofMtu(9000, false)).isEqualTo(8938);
        assertThat(Mulpdu.ofMtu(68, false)).isEqualTo(128);
        assertThat(Mulpdu.ofMtu(Integer.MAX_VALUE, false)).isEqualTo(65474);
    }
}
