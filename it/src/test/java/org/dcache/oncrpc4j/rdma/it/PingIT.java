// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code rpcrdma ping} against an ordinary oncrpc4j service with the agent, and against what is none. */
@Timeout(120)
class PingIT {

    private static final String PROGRAM = "--program=" + DemoService.PROGRAM;
    private static final String VERSION = "--version=" + DemoService.VERSION;

    private static DemoService service;

    @BeforeAll
    static void start() throws Exception {
        service = DemoService.overRdma("oncrpc.rdma.credits=17", "oncrpc.rdma.inline=8192");
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void whatWasAgreedOnIsShown() throws Exception {
        Tool.Result result = Tool.run("ping", service.target(), PROGRAM, VERSION, "--count=3", "--interval=0", "--set", "rdma.inline=2048");
        assertThat(result.output())
                .startsWith("Connected to " + service.target() + " from 127.0.0.1:")
                .containsPattern("provider +iwarp")
                .containsPattern("inline thresholds +2048 B to the server, 2048 B from it")
                .containsPattern("credits +17 granted, 128 asked for")
                .containsPattern("checksum +on")
                .containsPattern("RDMA Reads +IRD \\d+, ORD \\d+")
                .contains("3 NULL calls of program " + DemoService.PROGRAM + " version 1: min ");
        assertThat(result.status()).isZero();
    }

    @Test
    void theSameIsToldInJson() throws Exception {
        Tool.Result result = Tool.run("ping", service.target(), PROGRAM, VERSION, "--count=2", "--interval=0", "--json");
        assertThat(result.output())
                .matches("\\{.*}\\R")
                .contains("\"target\": \"" + service.target() + '"')
                .contains("\"credits\": 17")
                .contains("\"crc\": true")
                .containsPattern("\"null_us\": \\{\"count\": 2, \"min\": [0-9.]+, \"median\": [0-9.]+, \"max\": [0-9.]+}");
        assertThat(result.status()).isZero();
    }

    @Test
    void manyConnectionsInSuccessionSucceed() throws Exception {
        Tool.Result result = Tool.run("ping", service.target(), PROGRAM, VERSION, "--connections=50", "--interval=0");
        assertThat(result.output()).startsWith("50 of 50 connections succeeded");
        assertThat(result.status()).isZero();
    }

    @Test
    void aProgramThatIsNotServedIsTold() throws Exception {
        Tool.Result result = Tool.run("ping", service.target(), "--count=1");
        assertThat(result.output()).containsIgnoringCase("program");
        assertThat(result.status()).isOne();
    }

    @Test
    void aPortWhereNobodyListensIsOneLine() throws Exception {
        int nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            nobody = socket.getLocalPort();
        }
        Tool.Result result = Tool.run("ping", "127.0.0.1:" + nobody);
        assertThat(result.output().lines()).singleElement().asString().startsWith("Connection refused");
        assertThat(result.status()).isOne();
    }

    @Test
    void aServerThatSpeaksRpcOverTcpOnlyIsOneLine() throws Exception {
        try (DemoService tcp = DemoService.overTcp()) {
            Tool.Result result = Tool.run("ping", tcp.target(), PROGRAM, VERSION, "--timeout=3000");
            assertThat(result.output().lines()).hasSize(1);
            assertThat(result.status()).isOne();
        }
    }

    @Test
    void aWrongTargetIsAWrongCommandLine() throws Exception {
        assertThat(Tool.run("ping", "host:99999").status()).isEqualTo(2);
        assertThat(Tool.run("ping").status()).isEqualTo(2);
        assertThat(Tool.run("ping", service.target(), "--set", "rdma.inline=3").status()).isEqualTo(2);
    }
}
