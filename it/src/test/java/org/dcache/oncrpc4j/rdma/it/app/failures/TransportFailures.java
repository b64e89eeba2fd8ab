// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app.failures;

import java.util.Map;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/** Places where somebody uses a transport for more than calls: to call back, for TLS, to register an xid. */
final class TransportFailures {

    private TransportFailures() {}

    static void addTo(Map<String, Attempt> places) {
        places.put("callback to a client that serves nothing", () -> fromProgram(new Site(false), Site.CALL_BACK));
        places.put("callback whose program threw", () -> fromProgram(new Site(true), Site.CALL_BACK));
        places.put("callback to a client that has ended", () -> {
            Site site = new Site(true);
            site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            site.call().call(Site.CALL_BACK_AFTER_END, XdrVoid.XDR_VOID, new Site.Heard());
            site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            site.client.stop();
            thrown(site);
        });
        places.put("startTLS where TLS is not configured", () -> {
            try (Site site = new Site()) {
                site.transport.startTLS();
            }
        });
        places.put("an xid that is registered twice", () -> {
            try (Site site = new Site()) {
                site.transport.getReplyQueue().registerKey(5, site.transport.getLocalSocketAddress(), new Site.Heard());
                site.transport.getReplyQueue().registerKey(5, site.transport.getLocalSocketAddress(), new Site.Heard());
            }
        });
    }

    private static void fromProgram(Site site, int procedure) throws Throwable {
        try (site) {
            site.call().call(procedure, XdrVoid.XDR_VOID, new Site.Heard());
            thrown(site);
        }
    }

    private static void thrown(Site site) throws Throwable {
        if (site.fromProgram.take() instanceof Throwable cause) {
            throw cause;
        }
    }
}
