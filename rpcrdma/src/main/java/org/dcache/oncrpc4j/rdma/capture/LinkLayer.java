// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import java.util.Set;

/**
 * Where the IP packet begins in a frame, by link type (the LINKTYPE_ registry of tcpdump.org). VLAN tags are skipped, however many there
 * are. Stateless.
 *
 * <pre>
 *  Ethernet    destination(6) source(6) type(2)                                               14 bytes
 *  SLL         packet type(2) hardware(2) length(2) address(8) type(2)                        16 bytes
 *  SLL2        type(2) reserved(2) interface(4) hardware(2) packet type(1) length(1) address(8)   20 bytes
 *  null, loop  address family(4), in the byte order of who captured; in network order for loop    4 bytes
 *  raw         nothing
 * </pre>
 */
final class LinkLayer {

    /** No IP packet in this frame. */
    static final int NONE = -1;

    static final String KNOWN = "1 (Ethernet), 113 or 276 (Linux cooked), 101, 12, 14, 228 or 229 (raw IP), 0 or 108 (loopback)";

    static final int NULL = 0;
    static final int ETHERNET = 1;
    static final int LOOP = 108;
    static final int SLL = 113;
    static final int SLL2 = 276;
    private static final Set<Integer> RAW = Set.of(101, 12, 14, 228, 229);
    private static final Set<Integer> OTHERS = Set.of(NULL, ETHERNET, LOOP, SLL, SLL2);

    private static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_IPV6 = 0x86dd;
    private static final Set<Integer> TYPE_VLAN = Set.of(0x8100, 0x88a8, 0x9100);
    private static final int VLAN_TAG = 4;
    private static final int ETHERNET_TYPE = 12;
    private static final int SLL_TYPE = 14;
    private static final int SLL2_HEADER = 20;
    private static final int FAMILY_IPV4 = 2;
    /** Linux, NetBSD and OpenBSD, FreeBSD, macOS. */
    private static final Set<Integer> FAMILY_IPV6 = Set.of(10, 24, 28, 30);

    private LinkLayer() {}

    static boolean isKnown(int link) {
        return OTHERS.contains(link) || RAW.contains(link);
    }

    /** Index of the IP header, or {@link #NONE}. Throws IndexOutOfBoundsException when the frame is too short to say. */
    static int network(PcapFile.Frame frame) {
        ByteBuffer bytes = frame.bytes();
        if (RAW.contains(frame.link())) {
            return 0;
        }
        return switch (frame.link()) {
            case ETHERNET -> behindType(bytes, ETHERNET_TYPE);
            case SLL -> behindType(bytes, SLL_TYPE);
            case SLL2 -> {
                int type = bytes.getShort(0) & 0xffff;
                yield TYPE_VLAN.contains(type) ? behindType(bytes, SLL2_HEADER + 2) : isIp(type) ? SLL2_HEADER : NONE;
            }
            case NULL, LOOP -> isIpFamily(bytes.getInt(0)) || isIpFamily(Integer.reverseBytes(bytes.getInt(0))) ? 4 : NONE;
            default -> throw new CaptureException(frame.number(), "its link type is " + frame.link() + ", expected " + KNOWN);
        };
    }

    private static int behindType(ByteBuffer bytes, int first) {
        int at = first;
        int type = bytes.getShort(at) & 0xffff;
        while (TYPE_VLAN.contains(type)) {
            at += VLAN_TAG;
            type = bytes.getShort(at) & 0xffff;
        }
        return isIp(type) ? at + 2 : NONE;
    }

    private static boolean isIp(int type) {
        return type == TYPE_IPV4 || type == TYPE_IPV6;
    }

    private static boolean isIpFamily(int family) {
        return family == FAMILY_IPV4 || FAMILY_IPV6.contains(family);
    }
}
