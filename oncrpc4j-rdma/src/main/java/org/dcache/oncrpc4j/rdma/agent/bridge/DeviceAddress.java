// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * The addresses of a pNFS data server, as the body of GETDEVICEINFO's {@code device_addr4}, with RDMA beside TCP.
 *
 * <pre>
 *  LAYOUT4_NFSV4_1_FILES (RFC 8881, 13.2.1)   uint32 stripe_indices&lt;&gt;, multipath_list4 ds_list&lt;&gt;
 *  LAYOUT4_FLEX_FILES    (RFC 8435, 4.1)      multipath_list4 netaddrs, versions, left as they are
 *  multipath_list4                            netaddr4&lt;&gt;
 *  netaddr4 (RFC 5665)                        string netid, string uaddr: host "." port / 256 "." port % 256
 * </pre>
 *
 * <p>In each list the RDMA addresses come first and what was there behind them: a Linux client tries them in this order, and once one has
 * connected leaves out those of another transport. Other layout types, other netids than tcp and tcp6, and bytes that are none of this stay
 * as they are. One instance walks one body once.
 */
final class DeviceAddress {

    private static final int FILES = 1;
    private static final int FLEX_FILES = 4;

    private record NetAddress(String netid, String uaddr) {

        /** Null when the data server has no RDMA at this address, or when it is no address in figures. */
        NetAddress overRdma(DeviceRule rule) {
            int low = uaddr.lastIndexOf('.');
            int high = uaddr.lastIndexOf('.', low - 1);
            if (!netid.equals("tcp") && !netid.equals("tcp6") || high < 0) {
                return null;
            }
            try {
                String host = uaddr.substring(0, high);
                OptionalInt port = rule.rdmaPort(host, octet(high + 1, low) << 8 | octet(low + 1, uaddr.length()));
                return port.isEmpty() ? null : new NetAddress(netid.replace("tcp", "rdma"),
                        host + '.' + (port.getAsInt() >> 8) + '.' + (port.getAsInt() & 0xff));
            } catch (IllegalArgumentException e) {
                return null;
            }
        }

        private int octet(int from, int to) {
            int value = Integer.parseInt(uaddr.substring(from, to));
            if (value < 0 || value > 0xff) {
                throw new IllegalArgumentException(uaddr);
            }
            return value;
        }
    }

    private final ByteBuffer in;
    private final DeviceRule rule;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private DeviceAddress(byte[] body, DeviceRule rule) {
        this.in = ByteBuffer.wrap(body);
        this.rule = rule;
    }

    /** @return another array, or {@code body} where nothing is to be changed */
    static byte[] withRdma(byte[] body, int layoutType, DeviceRule rule) {
        if (layoutType != FILES && layoutType != FLEX_FILES) {
            return body;
        }
        try {
            return new DeviceAddress(body, rule).walk(layoutType);
        } catch (BufferUnderflowException e) {
            return body;
        }
    }

    private byte[] walk(int layoutType) {
        if (layoutType == FILES) {
            for (int left = copiedWord(); left > 0; left--) {
                copiedWord();
            }
            for (int left = copiedWord(); left > 0; left--) {
                addresses();
            }
        } else {
            addresses();
        }
        out.write(in.array(), in.position(), in.remaining());
        return out.toByteArray();
    }

    private int copiedWord() {
        int word = in.getInt();
        put(word);
        return word;
    }

    private void addresses() {
        List<NetAddress> first = new ArrayList<>();
        List<NetAddress> behind = new ArrayList<>();
        for (int left = in.getInt(); left > 0; left--) {
            NetAddress given = new NetAddress(string(), string());
            NetAddress rdma = given.overRdma(rule);
            if (rdma != null) {
                first.add(rdma);
            }
            if (rdma == null || rule.tcp()) {
                behind.add(given);
            }
        }
        first.addAll(behind);
        put(first.size());
        for (NetAddress address : first) {
            put(address.netid());
            put(address.uaddr());
        }
    }

    private String string() {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        String text = new String(in.array(), in.position(), length, StandardCharsets.ISO_8859_1);
        in.position(Math.min(in.position() + (length + 3 & ~3), in.limit()));
        return text;
    }

    private void put(int word) {
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(word).array());
    }

    private void put(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        put(bytes.length);
        out.writeBytes(Arrays.copyOf(bytes, bytes.length + 3 & ~3));
    }
}
