// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app.failures;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/** Places where a service cannot start, or is started or stopped more or less often than once. */
final class StartAndStopFailures {

    private StartAndStopFailures() {}

    static void addTo(Map<String, Attempt> places) {
        places.put("start: the port is taken", () -> {
            try (Site site = new Site()) {
                OncRpcSvc second = Site.service("second").withPort(site.server.getInetSocketAddress(IpProtocolType.TCP).getPort()).build();
                try {
                    second.start();
                } finally {
                    second.stop();
                }
            }
        });
        places.put("start: an address that is not ours", () -> {
            OncRpcSvc second = Site.service("second").withBindAddress("192.0.2.1").build();
            try {
                second.start();
            } finally {
                second.stop();
            }
        });
        places.put("start: twice", () -> {
            try (Site site = new Site()) {
                site.server.start();
                site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            }
        });
        places.put("start: client, twice", () -> {
            try (Site site = new Site()) {
                site.client.start();
                site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            }
        });
        places.put("start: again after stop", () -> {
            try (Site site = new Site()) {
                site.server.stop();
                site.server.start();
            }
        });
        places.put("stop: twice", () -> {
            Site site = new Site();
            site.close();
            site.close();
        });
        places.put("stop: never started", () -> Site.service("second").build().stop());
        places.put("stop with a grace period: never started", () -> Site.service("second").build().stop(10, TimeUnit.MILLISECONDS));
    }
}
