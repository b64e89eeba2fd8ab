// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Two guests with a cable between them and software RoCEv2 (rxe) on it. They boot at the same time. Closing this ends both, and fails if
 * one of their kernels reported a fault (see {@link LinuxGuest#close}).
 */
public final class RxePair implements AutoCloseable {

    /** The first guest's address on the cable. */
    public static final String SERVER = "192.168.77.1";

    /** The second one's. */
    static final String CLIENT = "192.168.77.2";

    /** The first guest's IPv6 address. */
    public static final String SERVER6 = "fd77::1";

    private static final String CLIENT6 = "fd77::2";

    private final GuestLink link;
    private final LinuxGuest server;
    private final LinuxGuest client;

    private RxePair(GuestLink link, LinuxGuest server, LinuxGuest client) {
        this.link = link;
        this.server = server;
        this.client = client;
    }

    /** @param name first part of the guests' names */
    public static RxePair boot(String name) {
        GuestKit.prepare();
        GuestLink link = new GuestLink();
        CompletableFuture<LinuxGuest> server = CompletableFuture.supplyAsync(() -> guest(name + "-server", link.end(true), SERVER,
                SERVER6));
        CompletableFuture<LinuxGuest> client = CompletableFuture.supplyAsync(() -> guest(name + "-client", link.end(false), CLIENT,
                CLIENT6));
        try {
            return new RxePair(link, server.join(), client.join());
        } catch (CompletionException e) {
            for (CompletableFuture<LinuxGuest> guest : List.of(server, client)) {
                guest.handle((booted, failure) -> booted).thenAccept(booted -> {
                    if (booted != null) {
                        booted.closeAfter(e);
                    }
                }).join();
            }
            link.close();
            throw e;
        }
    }

    private static LinuxGuest guest(String name, String end, String address, String address6) {
        LinuxGuest guest = LinuxGuest.bootLinked(name, end);
        try {
            // The device takes its GIDs from the addresses that are there when it is made.
            guest.run("ip address add " + address6 + "/64 dev eth1 nodad && rxe.sh " + address);
            return guest;
        } catch (RuntimeException | AssertionError e) {
            guest.closeAfter(e);
            throw e;
        }
    }

    public LinuxGuest server() {
        return server;
    }

    public LinuxGuest client() {
        return client;
    }

    @Override
    public void close() {
        try (link; server; client) {
            ScenarioReport.note("rxe: " + client.exec("rdma statistic show link rxe0/1").output().strip());
        }
    }
}
