// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.it.linux.app.SuiteMain;
import org.dcache.oncrpc4j.rdma.it.linux.harness.DisniLibrary;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestControl;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestJvm;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestKit;
import org.dcache.oncrpc4j.rdma.it.linux.harness.LinuxGuest;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The suite that every provider passes, in guests on Linux's soft devices: for the provider on libibverbs on RoCEv2 (rxe) and iWARP (siw),
 * and for DiSNI's, where its library is, on RoCEv2. All of it happens in the guests, so they run side by side.
 */
@ExtendWith(ScenarioReport.class)
class SoftDeviceSuiteLinuxIT {

    /** The guest's own; the device is on its network interface, and leads back to itself. */
    private static final String ADDRESS = "10.0.2.15";

    /** An emulated CPU that shares this machine's with others. */
    private static final Duration LIMIT = Duration.ofMinutes(20);

    /** Passed, skipped, failed. */
    private static final Pattern TESTS = Pattern.compile("(?m)^TESTS (\\d+) (\\d+) (\\d+)$");

    /**
     * The suite for a provider.
     *
     * @param folder of the test classes
     * @param classes names of the tests, a pattern, without their package and "Test"
     * @param count of them
     * @param flags for the JVM
     * @param few less than one of so many tests that pass may be skipped
     */
    private record Suite(String folder, String classes, int count, String flags, int few) {

        /** For libibverbs. @param more tests beside the suite that the device can do */
        static Suite libibverbs(String... more) {
            return new Suite("test-classes22", "rdmacore/RdmaCore(Messaging|RemoteMemory|Connection|Exhaustion|" + String.join("|", more)
                    + ")", 4 + more.length, "-Dtest.rdma.address=" + ADDRESS, 10);
        }

        /** For DiSNI, which cannot do much that the suite asks for where a provider can. */
        static Suite disni(Path library) {
            return new Suite("test-classes", "disni/Disni(Messaging|RemoteMemory|Connection|Exhaustion)", 4,
                    "-Dtest.rdma.address=" + ADDRESS + " --add-exports java.base/sun.nio.ch=ALL-UNNAMED -Djava.library.path="
                            + library.getParent(), 3);
        }

        List<String> names() throws IOException {
            Path compiled = GuestKit.module().resolve("../oncrpc4j-rdma/target").resolve(folder).normalize();
            try (Stream<Path> files = Files.walk(compiled)) {
                return files.map(file -> compiled.relativize(file).toString())
                        .filter(file -> file.matches(".*/" + classes + "Test\\.class"))
                        .map(file -> file.substring(0, file.length() - ".class".length()).replace('/', '.')).sorted().toList();
            }
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void onSoftRoce() throws IOException {
        // rxe keeps one queue pair of its own, for management datagrams.
        theProviderPassesTheSuite("rxe", "rxe.sh " + ADDRESS + " eth0", 1, Suite.libibverbs("SharedReceives", "OwnReceives"));
    }

    /** Both ends are siw's, so that it is the variant without the responder's race: nobody is there to get around it. */
    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void onSoftIwarp() throws IOException {
        theProviderPassesTheSuite("siw", "siw.sh fixed", 0, Suite.libibverbs("IwarpReceives"));
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void withDisniOnSoftRoce() throws IOException {
        theProviderPassesTheSuite("disni", "rxe.sh " + ADDRESS + " eth0", 1, Suite.disni(DisniLibrary.require()));
    }

    /** @param ownQueuePairs that the driver has when nobody uses the device */
    private static void theProviderPassesTheSuite(String device, String recipe, int ownQueuePairs, Suite suite) throws IOException {
        GuestJvm jvm = GuestJvm.require();
        List<String> classes = suite.names();
        assertThat(classes).hasSize(suite.count());
        String name = "suite-" + device;
        try (LinuxGuest guest = LinuxGuest.boot(name)) {
            guest.run(recipe);
            String command = jvm.command(SuiteMain.class, classes.toArray(String[]::new))
                    .replaceFirst(" ", " -Dtest.patience=120000 " + suite.flags() + ' ');
            GuestControl.Answer answer = guest.exec("ulimit -l unlimited; " + command
                    + " > /out/suite.log 2>&1; tail -n 1 /out/suite.log; grep -A 25 -e ^FAILED -e ^SKIPPED /out/suite.log", LIMIT);
            ScenarioReport.note(name + ": " + answer.output().lines().findFirst().orElse("no result"));
            Matcher tests = TESTS.matcher(answer.output());
            assertThat(tests.find()).as("the suite's last line in suite.log of the guest; %s", answer.output()).isTrue();
            assertThat(answer.output()).as("failures of the suite, see suite.log of the guest").doesNotContain("FAILED");
            // Those that the device cannot do: lazy exposures, memory that is not registered, on siw also handles for one connection and
            // rights.
            skipped(answer.output()).forEach(line -> ScenarioReport.note(name + ": " + line));
            assertThat(Integer.parseInt(tests.group(2))).as("skipped: %s", answer.output())
                    .isLessThan(Integer.parseInt(tests.group(1)) / suite.few());
            assertThat(guest.run("rdma resource show")).as("what the processes left on the device").contains("qp " + ownQueuePairs + " ");
        }
    }

    private static List<String> skipped(String output) {
        return output.lines().filter(line -> line.startsWith("SKIPPED ")).toList();
    }
}
