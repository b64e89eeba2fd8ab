// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.ffi;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * struct sockaddr_in and sockaddr_in6 (netinet/in.h of Linux): family u16, port be16, then address be32, or flow label u32, address 16
 * bytes, scope u32.
 */
public final class SocketAddresses {

    /** struct sockaddr_storage. */
    public static final int SIZE = 128;

    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int PORT = 2;
    private static final int ADDRESS4 = 4;
    private static final int ADDRESS6 = 8;
    private static final int SCOPE6 = 24;

    private SocketAddresses() {}

    public static void write(InetSocketAddress from, long to) {
        Memory.clear(to, SIZE);
        InetAddress address = from.getAddress();
        boolean six = address instanceof Inet6Address;
        Memory.putShort(to, six ? AF_INET6 : AF_INET);
        Memory.putByte(to + PORT, from.getPort() >> 8);
        Memory.putByte(to + PORT + 1, from.getPort());
        Memory.copyIn(address.getAddress(), to + (six ? ADDRESS6 : ADDRESS4));
        if (address instanceof Inet6Address scoped) {
            Memory.putInt(to + SCOPE6, scoped.getScopeId());
        }
    }

    /** Null when there is none. */
    public static InetSocketAddress read(long from) {
        int family = Memory.getByte(from) & 0xff | (Memory.getByte(from + 1) & 0xff) << 8;
        if (family != AF_INET && family != AF_INET6) {
            return null;
        }
        int port = (Memory.getByte(from + PORT) & 0xff) << 8 | Memory.getByte(from + PORT + 1) & 0xff;
        byte[] bytes = new byte[family == AF_INET6 ? 16 : 4];
        Memory.copyOut(from + (family == AF_INET6 ? ADDRESS6 : ADDRESS4), bytes);
        try {
            if (family == AF_INET6) {
                int scope = Memory.getInt(from + SCOPE6);
                return new InetSocketAddress(scope != 0 ? Inet6Address.getByAddress(null, bytes, scope) : InetAddress.getByAddress(bytes),
                        port);
            }
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
        }
    }
}
