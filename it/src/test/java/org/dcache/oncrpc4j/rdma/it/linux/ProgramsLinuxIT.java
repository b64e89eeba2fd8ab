// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.it.linux.harness.KernelClient;
import org.dcache.oncrpc4j.rdma.it.linux.harness.KernelMount;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ServedDirectory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that people use, on a mount of our export over RDMA by the kernel: each ends well and finds what it stored. */
@Tag("linux-full")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(ScenarioReport.class)
class ProgramsLinuxIT {

    private ServedDirectory served;
    private KernelClient client;

    @BeforeAll
    void boot() throws IOException {
        served = ServedDirectory.serve();
        client = KernelClient.boot("programs", "stock");
    }

    @ParameterizedTest
    @ValueSource(strings = {"git", "sqlite", "tar", "rsync"})
    void itFindsWhatItStored(String program) {
        try (KernelMount mount = KernelMount.of(client, served, served.rdmaPort(), "/mnt/programs")) {
            mount.run("check-program " + program + " %s/" + program);
        }
    }

    @AfterEach
    void theServerLoggedNoError() {
        served.noErrors();
    }

    @AfterAll
    void end() {
        try (ServedDirectory closing = served) {
            if (client != null) {
                client.close();
            }
        }
    }
}
