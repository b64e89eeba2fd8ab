// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** All settings there are. {@code docs/configuration.md} is checked against this list by a test. */
public final class Settings {

    private static final List<Setting<?>> LIST = new ArrayList<>();

    /** Largest NFS transfer plus what Linux adds to a Reply chunk (1,052,672 B have been seen in the wild). */
    private static final int MESSAGE = (1 << 20) + (8 << 10);

    /** Calls to the port mapper are never diverted. */
    private static final int PORTMAP = 111;

    public static final Setting<Transport> TRANSPORT = add("oncrpc.transport", "tcp", "tcp, rdma or tcp,rdma",
            "tcp: nothing is changed; rdma: RDMA instead of TCP; tcp,rdma: servers serve both", Transport::parse);

    public static final Setting<Boolean> ENABLED = add("oncrpc.rdma.enabled", "true", "true or false, on or off",
            "false: the agent weaves nothing, whatever oncrpc.transport says, and a line says so", Settings::enabled);

    public static final Setting<String> CONFIG = add("oncrpc.rdma.config", "", "a file",
            "settings from a file of Java properties, weaker than those given elsewhere; empty: oncrpc4j-rdma.properties beside the agent "
            + "jar, if it is there", s -> s);

    public static final Setting<Boolean> DEBUG = add("oncrpc.rdma.debug", "off", "on or off",
            "on: the logger org.dcache.oncrpc4j.rdma is set to DEBUG, if the application's logging can be told so", Settings::onOff);

    /** The providers that have a name, whether this build has them or not, in the order that auto tries. */
    public static final List<String> PROVIDER_NAMES = List.of("rdma-core", "disni", "iwarp");

    public static final Setting<List<String>> PROVIDER = add("oncrpc.rdma.provider", "auto",
            "auto, or a list of " + String.join(", ", PROVIDER_NAMES),
            "RDMA providers to use; auto is the first available one in this order", Settings::providers);

    private static final String RULES = "rules such as 2049>20049,33115-33145>+10000";

    public static final Setting<PortRule> PORT = add("oncrpc.rdma.port", "same", "same, a port, or " + RULES,
            "port to serve RDMA on, by the service's TCP port; same: its own, with tcp,rdma 20049 too for 2049", PortRule::parse);

    public static final Setting<PortRule> CONNECT = add("oncrpc.rdma.connect", "2049>20049",
            "same, or " + RULES + ", none for 111, or nothing",
            "with tcp,rdma: which TCP ports a client reaches over RDMA instead, and where", Settings::connect);

    public static final Setting<Boolean> REQUIRED = add("oncrpc.rdma.required", "on", "on or off",
            "with tcp,rdma: a service that cannot serve RDMA does not start; off: it serves TCP alone, with a warning and a counter",
            Settings::onOff);

    public static final Setting<Boolean> FALLBACK = add("oncrpc.rdma.fallback", "off", "off or tcp",
            "with tcp,rdma: what a client does whose RDMA connection cannot be made; tcp: it connects over TCP, with a warning and a "
            + "counter",
            Settings::fallback);

    public static final Setting<List<String>> BIND = add("oncrpc.rdma.bind", "", "IP addresses separated by commas",
            "addresses to serve RDMA on; empty: the service's own", Settings::addresses);

    public static final Setting<List<Cidr>> ALLOW = add("oncrpc.rdma.allow", "", "CIDR blocks separated by commas",
            "who may connect; empty: anybody", Settings::cidrs);

    public static final Setting<Integer> INLINE = add("oncrpc.rdma.inline", "auto", "auto, or a multiple of 1024 from 1024 to 65536",
            "inline threshold offered, bytes; auto: 16384 with software iWARP, 4096 with devices (Linux: sunrpc.rdma_max_inline_read, "
            + "_write)", Settings::inline);

    public static final Setting<Integer> CREDITS = integer("oncrpc.rdma.credits", "128", 1, 16384,
            "calls that may be outstanding per connection (Linux: sunrpc.rdma_slot_table_entries, svc_rdma.max_requests)", false);

    public static final Setting<Integer> BACKWARD_CREDITS = integer("oncrpc.rdma.backward-credits", "16", 1, 16384,
            "calls of the accepting side that may be outstanding per connection (Linux: RPCRDMA_BACKWARD_WRS)", false);

    public static final Setting<Long> BACKLOG = add("oncrpc.rdma.backlog", "64m", "bytes with k, m or g, at least 4k",
            "memory that calls waiting for credits may take per connection; who calls beyond it waits, and fails when no room comes",
            s -> bytes(s, 4 << 10));

    public static final Setting<Integer> MAX_MESSAGE = integer("oncrpc.rdma.max-message", "" + MESSAGE, 1 << 12, 1 << 30,
            "largest call taken through Read chunks, bytes", false);

    public static final Setting<Integer> MAX_REPLY = integer("oncrpc.rdma.max-reply", "" + MESSAGE, 1 << 12, 1 << 30,
            "largest reply that a client of a program without a binding can take, bytes", false);

    public static final Setting<Integer> MAX_SEGMENTS = integer("oncrpc.rdma.max-segments", "256", 1, 4096,
            "segments one message's chunk lists may name", false);

    public static final Setting<Long> MEMORY = add("oncrpc.rdma.memory", "auto", "auto, or bytes with k, m or g, at least 8m",
            "budget for direct memory of each device: messages, receives and staging; auto: a quarter of MaxDirectMemorySize",
            Settings::memory);

    public static final Setting<Integer> CONNECTIONS = integer("oncrpc.rdma.connections", "4096", 1, 1 << 20,
            "connections a service accepts", false);

    public static final Setting<Integer> HANDSHAKES = integer("oncrpc.rdma.handshakes", "256", 1, 1 << 20,
            "half-open handshakes a service holds", false);

    public static final Setting<Long> HANDSHAKE_TIMEOUT = millis("oncrpc.rdma.handshake-timeout", "10s", 100,
            "time a peer has for the connection handshake");

    public static final Setting<Long> READ_TIMEOUT = millis("oncrpc.rdma.read-timeout", "60s", 100,
            "time in which the RDMA Reads of a call must be done, from when it has memory for them");

    public static final Setting<Long> GIVEN_UP_TIMEOUT = millis("oncrpc.rdma.given-up-timeout", "10s", 100,
            "a connection whose credits are all held by calls that timed out or were cancelled is ended after this time without a reply");

    public static final Setting<Long> IDLE_TIMEOUT = millis("oncrpc.rdma.idle-timeout", "0", 0,
            "a connection without traffic is closed after this time; 0: never (Linux clients close after 5 min)");

    public static final Setting<Long> KEEPALIVE = millis("oncrpc.rdma.keepalive", "60s", 0,
            "an idle connection is probed after this time; 0: never");

    public static final Setting<Integer> LOOPS = integer("oncrpc.rdma.loops", "0", 0, 1024,
            "event loops of the process; 0: half the processors, at least two", false);

    public static final Setting<Boolean> WAIT_IN_LOOP = add("oncrpc.rdma.wait-in-loop", "on", "on or off",
            "a thread that waits for a reply, or a service's for the next call, serves the connection's loop meanwhile",
            Settings::onOff);

    public static final Setting<Integer> TOS = integer("oncrpc.rdma.tos", "0", 0, 255, "IP type of service (DSCP and ECN bits)", false);

    public static final Setting<Choice> IWARP_CRC = add("oncrpc.rdma.iwarp.crc", "on", "on, off or auto",
            "ask for CRC32C in the MPA handshake; it is used when either side asks; auto: ask where the peer is on another host",
            Choice::parse);

    public static final Setting<Integer> IWARP_MULPDU = integer("oncrpc.rdma.iwarp.mulpdu", "", 128, 65508,
            "largest FPDU payload sent, bytes; empty: the interface's MTU less headers, 64 KiB on loopback", true);

    public static final Setting<Integer> IWARP_IRD = integer("oncrpc.rdma.iwarp.ird", "32", 1, 128,
            "RDMA Reads a peer may have outstanding", false);

    public static final Setting<Integer> IWARP_ORD = integer("oncrpc.rdma.iwarp.ord", "32", 1, 128,
            "RDMA Reads we would have outstanding (Linux: svcrdma_ord)", false);

    public static final Setting<Integer> IWARP_SPIN = add("oncrpc.rdma.iwarp.spin", "auto",
            "auto, or a number from 0 to 1000000",
            "microseconds for which a loop looks at its sockets again and again after one had something, before it sleeps; threads that "
            + "have work go first; auto: 20 where there are four processors or more, else 0", Settings::spin);

    public static final Setting<List<String>> DEVICE = add("oncrpc.rdma.device", "", "names of RDMA devices separated by commas",
            "rdma-core: devices to use, as `rdma link` lists them; empty: all", Settings::words);

    public static final Setting<Integer> RDMA_CORE_SPIN = add("oncrpc.rdma.rdma-core.spin", "auto",
            "auto, or a number from 0 to 1000000",
            "microseconds that a completion queue is polled after its last completion, before its thread sleeps; auto: 20 where there are "
            + "four processors or more, else 0", Settings::spin);

    public static final Setting<Integer> RDMA_CORE_SEND_QUEUE = integer("oncrpc.rdma.rdma-core.send-queue", "256", 16, 16384,
            "work requests that a connection's send queue holds; more wait (Linux: sc_sq_depth)", false);

    public static final Setting<Integer> RDMA_CORE_INLINE = integer("oncrpc.rdma.rdma-core.inline", "128", 0, 1024,
            "messages up to this many bytes travel inside their work request, as far as the device can", false);

    public static final Setting<Choice> RDMA_CORE_SRQ = add("oncrpc.rdma.rdma-core.srq", "auto", "auto, on or off",
            "accepted connections share the receives of a shared receive queue; auto: on InfiniBand and RoCE devices that have such "
            + "queues; on: a device without, or an iWARP one, is an error",
            Choice::parse);

    public static final Setting<Integer> RDMA_CORE_SRQ_DEPTH = integer("oncrpc.rdma.rdma-core.srq-depth", "1024", 16, 16384,
            "receives that a shared receive queue holds at most, however many credits its connections have", false);

    public static final Setting<String> STAT_SOCKET = add("oncrpc.rdma.stat-socket", "", "an absolute path, in which %p is the process id",
            "Unix socket from which this user's `rpcrdma stat` reads what the JVM's beans say, without JMX; empty: none",
            Settings::socket);

    public static final Setting<Boolean> ALLOW_CLEAR = add("oncrpc.rdma.allow-clear", "off", "on or off",
            "serve a TLS-configured service in clear over RDMA", Settings::onOff);

    public static final Setting<Boolean> LEND = add("oncrpc.rdma.lend", "off", "on or off",
            "programs decode byte buffers of a call where they are, without a copy; they must be done with them when they reply",
            Settings::onOff);

    public static final Setting<Boolean> LEND_REPLIES = add("oncrpc.rdma.lend-replies", "off", "on or off",
            "completion handlers decode large byte buffers of a reply where they are, without a copy, and must be done with them when "
            + "they return", Settings::onOff);

    public static final Setting<Boolean> SAME_THREAD = add("oncrpc.rdma.same-thread", "off", "on or off",
            "programs and handlers of a service or client with oncrpc4j's same-thread strategy run in the loop; for such as never wait; "
            + "not with DiSNI",
            Settings::onOff);

    public static final Setting<Integer> NFS4J_TRANSFER_SIZE = integer("oncrpc.rdma.nfs4j.transfer-size", "", 4096, 1 << 24,
            "nfs4j: largest READ, and the transfer sizes that it names to clients, bytes; empty: nfs4j is left as it is", true);

    public static final Setting<PortRule> NFS4J_DEVICES = add("oncrpc.rdma.nfs4j.devices", "off",
            "off, same, a port, or " + RULES,
            "nfs4j: pNFS clients that came by RDMA are given RDMA addresses of the data servers, at these ports; off: nfs4j is left as it "
            + "is",
            Settings::devices);

    public static final Setting<List<Cidr>> NFS4J_DEVICES_NETWORKS = add("oncrpc.rdma.nfs4j.devices-networks", "",
            "CIDR blocks separated by commas",
            "nfs4j: addresses of data servers that have RDMA; the others are named as they are; empty: all have", Settings::cidrs);

    public static final Setting<Boolean> NFS4J_DEVICES_FALLBACK = add("oncrpc.rdma.nfs4j.devices-fallback", "tcp", "off or tcp",
            "nfs4j: tcp: the TCP address of a data server is named behind its RDMA address, for a client that cannot reach that; off: "
            + "RDMA alone",
            Settings::fallback);

    private Settings() {}

    public static List<Setting<?>> all() {
        return Collections.unmodifiableList(LIST);
    }

    private static <T> Setting<T> add(String name, String text, String expected, String meaning, Function<String, T> parser) {
        Setting<T> setting = new Setting<>(name, text, expected, meaning, parser);
        LIST.add(setting);
        return setting;
    }

    /** Empty text is allowed for optional ones and gives null. */
    private static Setting<Integer> integer(String name, String text, int min, int max, String meaning, boolean optional) {
        return add(name, text, "a number from " + min + " to " + max, meaning, s -> {
            if (optional && s.isEmpty()) {
                return null;
            }
            int value = Integer.parseInt(s);
            check(value >= min && value <= max);
            return value;
        });
    }

    private static Setting<Long> millis(String name, String text, long min, String meaning) {
        return add(name, text, "a time such as 500ms, 10s, 5m, at least " + min + "ms", meaning, s -> {
            String t = s.toLowerCase(Locale.ROOT);
            long unit = 1000;
            if (t.endsWith("ms")) {
                unit = 1;
                t = t.substring(0, t.length() - 2);
            } else if (t.endsWith("s")) {
                t = t.substring(0, t.length() - 1);
            } else if (t.endsWith("m")) {
                unit = 60_000;
                t = t.substring(0, t.length() - 1);
            }
            long value = Long.parseLong(t.trim());
            check(value >= 0 && value <= Integer.MAX_VALUE);
            check(value * unit >= min);
            return value * unit;
        });
    }

    private static void check(boolean ok) {
        if (!ok) {
            throw new IllegalArgumentException();
        }
    }

    private static boolean onOff(String s) {
        check(s.equals("on") || s.equals("off"));
        return s.equals("on");
    }

    private static boolean enabled(String s) {
        check(List.of("true", "false", "on", "off").contains(s));
        return s.equals("true") || s.equals("on");
    }

    private static List<String> words(String s) {
        return s.isEmpty() ? List.of() : Arrays.stream(s.split("\\s*,\\s*", -1)).toList();
    }

    private static List<String> providers(String s) {
        List<String> names = words(s);
        check(!names.isEmpty());
        check(names.equals(List.of("auto")) || PROVIDER_NAMES.containsAll(names));
        return names;
    }

    /** In figures, so that a typo is an error now; IPv6 may name its scope, as in {@code fe80::1%eth0}. */
    private static List<String> addresses(String s) {
        List<String> addresses = words(s);
        addresses.forEach(a -> Cidr.address(a.matches(".*:.*%[\\w.-]+") ? a.substring(0, a.indexOf('%')) : a));
        return addresses;
    }

    private static List<Cidr> cidrs(String s) {
        return words(s).stream().map(Cidr::parse).toList();
    }

    private static String socket(String s) {
        check(s.isEmpty() || s.startsWith("/"));
        return s;
    }

    private static boolean fallback(String s) {
        check(s.equals("off") || s.equals("tcp"));
        return s.equals("tcp");
    }

    private static PortRule connect(String s) {
        PortRule rule = s.isEmpty() ? PortRule.NONE : PortRule.parse(s);
        check(rule.one().isEmpty());
        if (!rule.isSame() && rule.covers(PORTMAP)) {
            throw new ConfigurationException("the port mapper, 111, is always reached over TCP");
        }
        return rule;
    }

    /** Null stands for off. */
    private static PortRule devices(String s) {
        PortRule rule = s.equals("off") ? null : PortRule.parse(s);
        check(rule == null || rule.one().orElse(1) > 0);
        return rule;
    }

    /** Null stands for auto; else what a connection's private data can express. */
    private static Integer inline(String s) {
        if (s.equals("auto")) {
            return null;
        }
        int value = Integer.parseInt(s);
        check(value >= 1024 && value <= 65536 && value % 1024 == 0);
        return value;
    }

    /** Null stands for auto. */
    private static Integer spin(String s) {
        if (s.equals("auto")) {
            return null;
        }
        int value = Integer.parseInt(s);
        check(value >= 0 && value <= 1_000_000);
        return value;
    }

    /** Null stands for auto. */
    private static Long memory(String s) {
        return s.equals("auto") ? null : bytes(s, 8 << 20);
    }

    private static Long bytes(String s, long min) {
        String t = s.toLowerCase(Locale.ROOT);
        int shift = t.endsWith("g") ? 30 : t.endsWith("m") ? 20 : t.endsWith("k") ? 10 : 0;
        long value = Long.parseLong(shift == 0 ? t : t.substring(0, t.length() - 1));
        check(value >= 1 && value <= (Long.MAX_VALUE >> shift));
        check(value << shift >= min);
        return value << shift;
    }
}
