// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.ping;

import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Where to: {@code host}, {@code host:port}, {@code 192.0.2.1:port}, {@code 2001:db8::1} or {@code [2001:db8::1]:port}.
 *
 * @param host name or address, without brackets
 * @param port 1 to 65535
 */
public record Target(String host, int port) {

    /** NFS over RDMA (IANA, RFC 8267, section 7). */
    public static final int NFS_RDMA_PORT = 20049;

    private static final int MAX_PORT = 65535;
    private static final Pattern BRACKETS = Pattern.compile("\\[([^\\[\\]]+)](?::(\\d{1,5}))?");
    private static final Pattern ONE_COLON = Pattern.compile("([^:\\[\\]]+)(?::(\\d{1,5}))?");
    private static final Pattern BARE_IPV6 = Pattern.compile("([0-9a-fA-F.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(?:%\\w+)?)()?");

    public static Target parse(String text) {
        for (Pattern pattern : new Pattern[] {BRACKETS, ONE_COLON, BARE_IPV6}) {
            Matcher matcher = pattern.matcher(text);
            if (matcher.matches()) {
                String digits = matcher.group(2);
                int port = digits == null || digits.isEmpty() ? NFS_RDMA_PORT : Integer.parseInt(digits);
                if (port >= 1 && port <= MAX_PORT) {
                    return new Target(matcher.group(1), port);
                }
            }
        }
        throw new IllegalArgumentException("'" + text + "': expected HOST, HOST:PORT or [IPv6]:PORT with a port from 1 to " + MAX_PORT);
    }

    /** Asks DNS when it is a name. */
    public InetSocketAddress resolve() throws UnknownHostException {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new UnknownHostException("unknown host: " + host);
        }
        return address;
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? '[' + host + ']' : host) + ':' + port;
    }

    /** For the command line. */
    static final class Converter implements ITypeConverter<Target> {
        @Override
        public Target convert(String text) {
            try {
                return parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
