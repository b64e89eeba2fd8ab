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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The suite that every provider passes, for the provider on libibverbs, in guests on Linux's soft devices: RoCEv2 (rxe) and iWARP (siw). */
@ExtendWith(ScenarioReport.class)
class SoftDeviceSuiteLinuxIT {

    /** The guest's own; the device is on its network interface, and leads back to itself. */
    private static final String ADDRESS = "10.0.2.15";

    /** An emulated CPU that shares this machine's with others. */
    private static final Duration LIMIT = Duration.ofMinutes(20);

    /** Passed, skipped, failed. */
    private static final Pattern TESTS = Pattern.compile("(?m)^TESTS (\\d+) (\\d+) (\\d+)$");

    @Test
    void onSoftRoce() throws IOException {
        // rxe keeps one queue pair of its own, for management datagrams.
        theProviderPassesTheSuite("rxe", "rxe.sh " + ADDRESS + " eth0", 1, "SharedReceives|OwnReceives");
    }

    /** Both ends are siw's, so that it is the variant without the responder's race: nobody is there to get around it. */
    @Test
    void onSoftIwarp() throws IOException {
        theProviderPassesTheSuite("siw", "siw.sh fixed", 0, "IwarpReceives");
    }

    /**
     * @param ownQueuePairs that the driver has when nobody uses the device
     * @param more names of tests beside the suite that such a device can do
     */
    private static void theProviderPassesTheSuite(String device, String recipe, int ownQueuePairs, String more) throws IOException {
        GuestJvm jvm = GuestJvm.require();
        List<String> classes = suites(more);
        assertThat(classes).hasSize(3 + more.split("\\|").length);
        String name = "suite-" + device;
        try (LinuxGuest guest = LinuxGuest.boot(name)) {
            guest.run(recipe);
            String command = jvm.command(SuiteMain.class, classes.toArray(String[]::new)).replaceFirst(" ", " -Dtest.rdma.address=" + ADDRESS + " -Dtest.patience=120000 ");
            GuestControl.Answer answer = guest.exec("ulimit -l unlimited; " + command + " > /out/suite.log 2>&1; tail -n 1 /out/suite.log; grep -A 25 -e ^FAILED -e ^SKIPPED /out/suite.log", LIMIT);
            ScenarioReport.note(name + ": " + answer.output().lines().findFirst().orElse("no result"));
            Matcher tests = TESTS.matcher(answer.output());
            assertThat(tests.find()).as("the suite's last line in suite.log of the guest; %s", answer.output()).isTrue();
            assertThat(answer.output()).as("failures of the suite, see suite.log of the guest").doesNotContain("FAILED");
            // Those that the device cannot do: lazy exposures, memory that is not registered, on siw also handles for one connection and rights.
            skipped(answer.output()).forEach(line -> ScenarioReport.note(name + ": " + line));
            assertThat(Integer.parseInt(tests.group(2))).as("skipped: %s", answer.output()).isLessThan(Integer.parseInt(tests.group(1)) / 10);
            assertThat(guest.run("rdma resource show")).as("what the processes left on the device").contains("qp " + ownQueuePairs + " ");
        }
    }

    private static List<String> skipped(String output) {
        return output.lines().filter(line -> line.startsWith("SKIPPED ")).toList();
    }

    /** The subclasses of the suite, and more. */
    private static List<String> suites(String more) throws IOException {
        Path classes = GuestKit.module().resolve("../oncrpc4j-rdma/target/test-classes22").normalize();
        try (Stream<Path> files = Files.walk(classes)) {
            return files.map(file -> classes.relativize(file).toString()).filter(file -> file.matches(".*/rdmacore/RdmaCore(Messaging|RemoteMemory|Connection|" + more + ")Test\\.class"))
                    .map(file -> file.substring(0, file.length() - ".class".length()).replace('/', '.')).sorted().toList();
        }
    }
}
