// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** NFSACL and MOUNT. */
class AuxiliaryBindingsTest {

    private static int bound(UpperLayerBinding binding, int program, int version, int procedure) {
        Findings f = Findings.call(binding, new CallHeader(program, version, procedure), new XdrMessage().opaque(32).words(15).opaque(100),
                0);
        assertThat(f.items).isEmpty();
        assertThat(f.results).isEmpty();
        return f.bound;
    }

    @Test
    @Tag("conformance-60")
    void nothingOfNfsAclIsEligibleAndAnAclHasAtMost1024Entries() {
        NfsAclBinding binding = new NfsAclBinding();
        assertThat(bound(binding, 100227, 3, 0)).isEqualTo(432);
        assertThat(bound(binding, 100227, 3, 1)).isEqualTo(424 + 4 + 88 + 4 + 2 * (8 + 12 * 1024));
        assertThat(bound(binding, 100227, 3, 2)).isEqualTo(424 + 4 + 88);
        assertThat(bound(binding, 100227, 3, 3)).isEqualTo(Findings.UNKNOWN);
        assertThat(Findings.results(binding, new CallHeader(100227, 3, 1), new XdrMessage().words(0, 0).opaque(8), 0, false)).isEmpty();
    }

    @Test
    @Tag("conformance-60")
    void nothingOfMountIsEligibleAndListsHaveNoBound() {
        MountBinding binding = new MountBinding();
        for (int version = 1; version <= 3; version++) {
            assertThat(bound(binding, 100005, version, 0)).isEqualTo(432);
            assertThat(bound(binding, 100005, version, 1)).isEqualTo(424 + 4 + 68 + 4 + 1024);
            assertThat(bound(binding, 100005, version, 2)).as("DUMP").isEqualTo(Findings.UNKNOWN);
            assertThat(bound(binding, 100005, version, 3)).isEqualTo(432);
            assertThat(bound(binding, 100005, version, 4)).isEqualTo(432);
            assertThat(bound(binding, 100005, version, 5)).as("EXPORT").isEqualTo(Findings.UNKNOWN);
        }
        assertThat(Findings.results(binding, new CallHeader(100005, 3, 1), new XdrMessage().words(0).opaque(32), 0, false)).isEmpty();
    }

    @Test
    void eachProgramIsCoveredByOneBinding() {
        List<UpperLayerBinding> all = ServiceLoader.load(UpperLayerBinding.class).stream().map(ServiceLoader.Provider::get).toList();
        List<int[]> programs = List.of(new int[] {100003, 2}, new int[] {100003, 3}, new int[] {100227, 3},
                new int[] {100005, 1}, new int[] {100005, 2}, new int[] {100005, 3});
        assertThat(programs).allSatisfy(p -> assertThat(all.stream().filter(b -> b.covers(p[0], p[1]))).hasSize(1));
        assertThat(IntStream.of(1, 3, 4)).as("NLM").noneMatch(v -> all.stream().anyMatch(b -> b.covers(100021, v)));
        assertThat(all.stream().filter(b -> b.getClass().getPackageName().endsWith(".nfs")).map(UpperLayerBinding::name))
                .doesNotHaveDuplicates();
    }
}
