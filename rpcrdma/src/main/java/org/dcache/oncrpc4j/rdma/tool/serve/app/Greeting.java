// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve.app;

import java.io.PrintStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import org.dcache.oncrpc4j.rdma.export.SecurityFlavor;
import org.dcache.oncrpc4j.rdma.export.Squash;

/** What the server says when it is ready: what it exports, to whom, and how a Linux client mounts it. */
final class Greeting {

    private Greeting() {}

    static void print(PrintStream out, ServePlan plan) {
        String what = plan.directory() == null ? "a tree in memory (" + (plan.memory() >> 20) + " MiB)" : plan.directory();
        out.println("Exporting " + what + (plan.options().readOnly() ? " read-only" : "") + " over NFSv3, " + who(plan) + ".");
        if (plan.kerberos() != null) {
            out.println("Kerberos as " + plan.kerberos().principal() + "; " + plan.kerberos().users().size()
                    + " users are known, all others are user " + Integer.toUnsignedString(plan.options().anonymousUid()) + ".");
        }
        String host = host(plan.bind());
        // The net ids of IPv6, nfs(5).
        String six = host.startsWith("[") ? "6" : "";
        String mount = ",mountproto=tcp" + six + ",mountport=" + plan.tcpPort();
        SecurityFlavor first = plan.options().flavors().get(0);
        String rest = ",nolock" + (first == SecurityFlavor.SYS ? "" : ",sec=" + first.name().toLowerCase(Locale.ROOT)) + " " + host
                + ":/ /mnt";
        if (plan.rdmaPort() != null && plan.tcpPort() != null) {
            out.println("NFS/RDMA on port " + plan.rdmaPort() + ":");
            out.println("  mount -t nfs -o vers=3,proto=rdma" + six + ",port=" + plan.rdmaPort() + mount + rest);
        }
        if (plan.tcpPort() != null) {
            out.println("NFS/TCP on port " + plan.tcpPort() + ":");
            out.println("  mount -t nfs -o vers=3,proto=tcp" + six + ",port=" + plan.tcpPort() + mount + rest);
        } else {
            out.println("NFS/RDMA on port " + plan.rdmaPort() + ", MOUNT over RDMA only, which Linux's mount cannot use: add TCP for it.");
        }
        out.println("Ready; Ctrl-C or SIGTERM ends it.");
        out.flush();
    }

    private static String who(ServePlan plan) {
        Squash squash = plan.options().squash();
        String anonymous = "user " + Integer.toUnsignedString(plan.options().anonymousUid());
        return switch (squash) {
            case ROOT -> "root of a client is " + anonymous;
            case ALL -> "everybody is " + anonymous;
            case NONE -> "root of a client is root here";
        };
    }

    private static String host(String bind) {
        try {
            InetAddress address = InetAddress.getByName(bind);
            if (!address.isAnyLocalAddress()) {
                String text = address.getHostAddress();
                return text.indexOf(':') < 0 ? text : "[" + text + "]";
            }
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "SERVER";
        }
    }
}
