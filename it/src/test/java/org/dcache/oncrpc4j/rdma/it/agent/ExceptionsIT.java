// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.it.app.failures.Failures;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What an application catches over RDMA is what it catches over TCP: {@link Failures}, which knows oncrpc4j only, runs once without and
 * once with the agent, and each row of docs/exceptions.md is held against what both saw. A row counts for its place and for every way to
 * call in that place which has no row of its own.
 */
class ExceptionsIT {

    private static final Path PAGE = Path.of("../docs/exceptions.md");
    private static final String SAME = "the same";

    private static Map<String, Seen> tcp;
    private static Map<String, Seen> rdma;

    /** One row of the page. */
    record Row(String place, String overTcp, String overRdma) {

        @Override
        public String toString() {
            return place;
        }
    }

    /** One exception with its supertypes, its root cause likewise; or the word for none. */
    private record Seen(List<String> types, List<String> rootTypes) {

        static Seen of(String text) {
            String[] parts = text.split(" \\| ");
            List<String> types = List.of(parts[0].split(" < "));
            return new Seen(types, parts.length > 1 ? List.of(parts[1].split(" < ")) : types);
        }

        /** As the page has it. */
        String name() {
            String type = simple(types.get(0));
            String root = simple(rootTypes.get(0));
            return type.equals(root) ? type : type + " because of " + root;
        }

        boolean isA(Seen other) {
            return types.contains(other.types.get(0)) && rootTypes.contains(other.rootTypes.get(0));
        }

        private static String simple(String type) {
            return type.substring(type.lastIndexOf('.') + 1);
        }
    }

    @BeforeAll
    static void visit() {
        try (JvmProcess plain = JvmProcess.java().classPath(ClassPaths.application()).main(Failures.class).start();
                JvmProcess woven = JvmProcess.java().agent(AgentJar.path(), "transport=rdma,rdma.provider=iwarp")
                        .classPath(ClassPaths.application())
                        .main(Failures.class).start()) {
            tcp = seen(plain, "org.dcache.oncrpc4j.grizzly.GrizzlyRpcTransport");
            rdma = seen(woven, "org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport");
        }
    }

    private static Map<String, Seen> seen(JvmProcess process, String transport) {
        Map<String, Seen> all = new LinkedHashMap<>();
        String line = process.expectOneOf("SEEN ", "TRANSPORT ");
        while (line.startsWith("SEEN ")) {
            int end = line.lastIndexOf(": ", line.contains(" < ") ? line.indexOf(" < ") : line.length());
            all.put(line.substring(5, end), Seen.of(line.substring(end + 2)));
            line = process.expectOneOf("SEEN ", "TRANSPORT ");
        }
        assertThat(line).isEqualTo("TRANSPORT " + transport);
        return all;
    }

    static Stream<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        for (String line : Files.readAllLines(PAGE)) {
            String[] cells = line.split("\\|");
            if (line.startsWith("| ") && !line.startsWith("| where ") && cells.length >= 4) {
                rows.add(new Row(cells[1].strip(), cells[2].strip().replace("`", ""), cells[3].strip().replace("`", "")));
            }
        }
        return rows.stream();
    }

    /** The row that counts for a place: the longest that it begins with. */
    private static String rowOf(String place) throws IOException {
        return rows().map(Row::place).filter(row -> place.equals(row) || place.startsWith(row + ", "))
                .max(Comparator.comparing(String::length)).orElse("no row");
    }

    @ParameterizedTest
    @MethodSource("rows")
    void whatIsCaughtIsWhatThePageSays(Row row) throws IOException {
        int places = 0;
        for (String place : tcp.keySet()) {
            if (!rowOf(place).equals(row.place())) {
                continue;
            }
            places++;
            Seen expected = tcp.get(place);
            assertThat(expected.name()).as("over TCP: " + place).isEqualTo(row.overTcp());
            if (row.overRdma().equals(SAME)) {
                assertThat(rdma.get(place).isA(expected)).as("over RDMA: %s gave %s, expected %s or a subtype", place, rdma.get(place),
                        expected).isTrue();
            } else {
                assertThat(rdma.get(place).name()).as("over RDMA: " + place).isEqualTo(row.overRdma());
            }
        }
        assertThat(places).as("places of the row").isPositive();
    }

    @Test
    void everyPlaceHasARow() throws IOException {
        assertThat(rdma.keySet()).isEqualTo(tcp.keySet()).hasSizeGreaterThan(90);
        for (String place : new TreeSet<>(tcp.keySet())) {
            assertThat(rowOf(place)).as(place).isNotEqualTo("no row");
        }
    }
}
