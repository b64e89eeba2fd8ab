// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.linux.app.RemovedDevice;
import org.dcache.oncrpc4j.rdma.it.linux.app.SuiteMain;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestControl;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestJvm;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestLink;
import org.dcache.oncrpc4j.rdma.it.linux.harness.LinuxGuest;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Devices of a guest come and go, and libibverbs is used on them. One is removed while a JVM uses it: rxe's driver waits in the removal
 * until every process has closed the device. And there are two at once, with IPv4 and IPv6 addresses.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(ScenarioReport.class)
class RemovalLinuxIT {

    private static final String ADDRESS = "10.0.2.15";
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final int CONNECTIONS = 2;
    private static final String CAUSE = "the RDMA device rxe0 was removed";

    private final GuestLink link = new GuestLink();
    private GuestJvm jvm;
    private LinuxGuest guest;

    @BeforeAll
    void boot() {
        jvm = GuestJvm.require();
        // Nobody is at the other end; a second network interface is all that is wanted.
        guest = LinuxGuest.bootLinked("removal", link.end(true));
    }

    @Test
    void underLoadAllCallsFailAndTheKernelGetsTheDeviceBack() {
        List<String> said = removeUnder("load", ADDRESS, CONNECTIONS);

        assertThat(said).filteredOn(line -> line.startsWith("TRANSPORT ")).hasSize(CONNECTIONS)
                .allSatisfy(line -> assertThat(line).endsWith("RdmaRpcTransport"));
        assertThat(said).filteredOn(line -> line.startsWith("CALL ")).hasSize(3 * CONNECTIONS)
                .allSatisfy(line -> assertThat(line).containsAnyOf(CAUSE, "Disconnected from"));
        assertThat(said).as("what was under way hears the cause, later calls that there is no connection")
                .filteredOn(line -> line.startsWith("PENDING ")).hasSize(CONNECTIONS).allSatisfy(line -> assertThat(line).contains(CAUSE));
    }

    /** No id is bound to the device, so that the kernel tells nobody. */
    @Test
    void aServiceWithoutConnectionsOnAllAddressesLetsGoOfIt() {
        removeUnder("idle", "0.0.0.0", 0);
    }

    @Test
    void ofTwoDevicesTheAddressDecides() {
        guest.run("ip address add fd76::1/64 dev eth0 nodad; ip address add fd77::1/64 dev eth1 nodad; rxe.sh " + ADDRESS
                + " eth0 && rxe.sh 192.168.77.1 eth1 rxe1");
        try {
            String command = jvm.command(SuiteMain.class, "org.dcache.oncrpc4j.rdma.rdmacore.RdmaCoreAddressesTest").replaceFirst(" ",
                    " -Dtest.patience=120000 -Dtest.rdma.devices=rxe0=" + ADDRESS + ",rxe0=fd76::1,rxe1=192.168.77.1,rxe1=fd77::1 ");
            GuestControl.Answer answer = guest.exec("ulimit -l unlimited; " + command
                    + " 2>&1 | tee /out/addresses.log | grep -A 25 -e ^FAILED -e ^SKIPPED -e ^TESTS", LIMIT);
            assertThat(answer.output().strip()).as("passed, skipped, failed, see addresses.log of the guest").isEqualTo("TESTS 2 0 0");
        } finally {
            guest.exec("timeout 60 rdma link delete rxe1; timeout 60 rdma link delete rxe0");
        }
    }

    /** @return what the program said */
    private List<String> removeUnder(String name, String address, int connections) {
        guest.run("rxe.sh " + ADDRESS + " eth0");
        String log = "/out/" + name + ".log";
        String deleted = "/tmp/" + name + ".deleted";
        String command = jvm.command(RemovedDevice.class, address, deleted, "" + connections).replaceFirst(" ",
                " -javaagent:" + AgentJar.path() + "=transport=rdma,rdma.provider=rdma-core ");
        guest.exec("ulimit -l unlimited; { " + command + "; echo ENDED $?; } > " + log
                + " 2>&1 < /dev/null & until grep -q -e READY -e ENDED " + log + "; do sleep 0.2; done", LIMIT);
        assertThat(guest.run("cat " + log).lines()).contains("READY");

        GuestControl.Answer removal = guest.exec("timeout 240 rdma link delete rxe0", LIMIT);

        assertThat(removal.status()).as("status of rdma link delete, 124: it did not return; %s", removal.output()).isZero();
        guest.exec("touch " + deleted + "; until grep -q ENDED " + log + "; do sleep 0.2; done", LIMIT);
        List<String> said = guest.run("cat " + log).lines().toList();
        assertThat(said).as("everything is given back, the JVM lives, and stops in order").contains("GAUGES {}", "STOPPED", "ENDED 0");
        assertThat(said).anySatisfy(line -> assertThat(line).startsWith("START ").contains("rdma-core: the kernel has no RDMA device"));
        return said;
    }

    @AfterAll
    void end() {
        try (link) {
            if (guest != null) {
                guest.close();
            }
        }
    }
}
