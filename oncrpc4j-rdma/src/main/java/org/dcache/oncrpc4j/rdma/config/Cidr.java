// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/** A block of IP addresses, {@code 192.0.2.0/24} or {@code 2001:db8::/32}; a bare address is a block of one. Never asks DNS. */
public record Cidr(byte[] prefix, int bits) {

    private static final String OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

    static Cidr parse(String text) {
        int slash = text.indexOf('/');
        byte[] address = address(slash < 0 ? text : text.substring(0, slash));
        int bits = slash < 0 ? address.length * 8 : Integer.parseInt(text.substring(slash + 1));
        if (bits < 0 || bits > address.length * 8) {
            throw new IllegalArgumentException(text);
        }
        return new Cidr(address, bits);
    }

    /**
     * The bytes of an address in figures. IPv4 needs its four parts: the JDK would take {@code 10.1} for 10.0.0.1, which nobody means in an
     * allow-list. With a colon in it the JDK does not ask DNS.
     *
     * @throws IllegalArgumentException it is none
     */
    public static byte[] address(String host) {
        if (!IPV4.matcher(host).matches() && !IPV6.matcher(host).matches()) {
            throw new IllegalArgumentException(host);
        }
        try {
            return InetAddress.getByName(host).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(host, e);
        }
    }

    public boolean contains(InetAddress address) {
        byte[] other = address.getAddress();
        if (other.length != prefix.length) {
            return false;
        }
        for (int i = 0; i < bits; i++) {
            int mask = 0x80 >> (i & 7);
            if ((prefix[i >> 3] & mask) != (other[i >> 3] & mask)) {
                return false;
            }
        }
        return true;
    }
}
