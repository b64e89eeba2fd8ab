// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.assertj.core.api.Assertions.assertThat;

import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class Nfs2BindingTest {

    private final Nfs2Binding binding = new Nfs2Binding();

    private static CallHeader header(int procedure) {
        return new CallHeader(100003, 2, procedure);
    }

    private Findings call(int procedure, XdrMessage arguments) {
        return Findings.call(binding, header(procedure), arguments, 0);
    }

    @Test
    @Tag("conformance-54")
    void argumentsOfWriteAndSymlink() {
        assertThat(call(8, new XdrMessage().fill(32).words(0, 0, 0).opaque(10)).items).containsExactly(new Findings.Item(48, 10));
        assertThat(call(13, new XdrMessage().fill(32).string("x").string("to").fill(32)).items).containsExactly(new Findings.Item(44, 2));
    }

    @Test
    @Tag("conformance-54")
    void resultsOfReadAndReadlink() {
        assertThat(call(6, new XdrMessage().fill(32).words(0, 4096, 0)).results).containsExactly(4096);
        assertThat(call(6, new XdrMessage().fill(32).words(0, -1, 0)).results).containsExactly(8192);
        assertThat(call(5, new XdrMessage().fill(32)).results).containsExactly(1024);
        assertThat(Findings.results(binding, header(6), new XdrMessage().words(0).fill(68).opaque(7), 0, false))
                .containsExactly(new Findings.Item(76, 7));
        assertThat(Findings.results(binding, header(5), new XdrMessage().words(0).opaque(7), 0, false))
                .containsExactly(new Findings.Item(8, 7));
        assertThat(Findings.results(binding, header(6), new XdrMessage().words(70), 0, false)).isEmpty();
        assertThat(Findings.results(binding, header(1), new XdrMessage().words(0).fill(68).opaque(7), 0, false)).isEmpty();
    }

    @Test
    void everyReplyHasABound() {
        for (int procedure = 0; procedure <= 18; procedure++) {
            XdrMessage arguments = procedure == 13 ? new XdrMessage().fill(32).string("x").string("to").fill(32)
                    : new XdrMessage().fill(32).words(0, 512, 0).opaque(0);
            int bound = call(procedure, arguments).bound;
            assertThat(bound).as("procedure %d", procedure).isBetween(424, procedure == 16 ? 2000 : 600);
        }
        assertThat(call(16, new XdrMessage().fill(32).words(0, 512)).bound).isGreaterThan(424 + 512);
    }
}
