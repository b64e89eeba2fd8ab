// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.dcache.oncrpc4j.rdma.config.PortRule;

/**
 * The address of a pNFS data server, as the body of GETDEVICEINFO's {@code device_addr4}, turned from TCP to RDMA.
 *
 * <pre>
 *  LAYOUT4_NFSV4_1_FILES (RFC 8881, 13.2.1)   uint32 stripe_indices&lt;&gt;, multipath_list4 ds_list&lt;&gt;
 *  LAYOUT4_FLEX_FILES    (RFC 8435, 4.1)      multipath_list4 netaddrs, versions, left as they are
 *  multipath_list4                            netaddr4&lt;&gt;
 *  netaddr4 (RFC 5665)                        string netid, string uaddr: host "." port / 256 "." port % 256
 * </pre>
 *
 * <p>Other layout types, other netids than tcp and tcp6, and bytes that are none of this stay as they are. One instance walks one body
 * once.
 */
final class DeviceAddress {

    private static final int FILES = 1;
    private static final int FLEX_FILES = 4;

    private final ByteBuffer in;
    private final PortRule ports;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private DeviceAddress(byte[] body, PortRule ports) {
        this.in = ByteBuffer.wrap(body);
        this.ports = ports;
    }

    /** @return another array, or {@code body} where nothing is to be changed */
    static byte[] overRdma(byte[] body, int layoutType, PortRule ports) {
        if (layoutType != FILES && layoutType != FLEX_FILES) {
            return body;
        }
        try {
            return new DeviceAddress(body, ports).walk(layoutType);
        } catch (BufferUnderflowException | NumberFormatException e) {
            return body;
        }
    }

    private byte[] walk(int layoutType) {
        if (layoutType == FILES) {
            for (int left = word(); left > 0; left--) {
                word();
            }
            for (int left = word(); left > 0; left--) {
                addresses();
            }
        } else {
            addresses();
        }
        out.write(in.array(), in.position(), in.remaining());
        return out.toByteArray();
    }

    private int word() {
        int word = in.getInt();
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(word).array());
        return word;
    }

    private void addresses() {
        for (int left = word(); left > 0; left--) {
            String netid = string();
            String address = string();
            int low = address.lastIndexOf('.');
            int high = address.lastIndexOf('.', low - 1);
            boolean tcp = (netid.equals("tcp") || netid.equals("tcp6")) && high > 0;
            int rdma = tcp ? ports.rdmaPort(Integer.parseInt(address.substring(high + 1, low)) << 8 | Integer.parseInt(address.substring(low
                    + 1))).orElse(0) : 0;
            put(rdma == 0 ? netid : netid.equals("tcp") ? "rdma" : "rdma6");
            put(rdma == 0 ? address : address.substring(0, high) + '.' + (rdma >> 8) + '.' + (rdma & 0xff));
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

    private void put(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES + (bytes.length + 3 & ~3)).putInt(bytes.length).put(bytes).array());
    }
}
