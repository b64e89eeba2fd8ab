// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * At which RDMA port a service is served that is known by its TCP port: at that port itself, all at one port, or by rules, each for a TCP
 * port or a range of them, and no RDMA for the others. The one language of {@code oncrpc.rdma.port}, {@code oncrpc.rdma.connect} and {@code
 * oncrpc.rdma.nfs4j.devices}:
 *
 * <pre>
 *  value  = "same" | port | rule { "," rule }
 *  rule   = port ">" ( port | offset )  |  port "-" port ">" offset
 *  offset = ( "+" | "-" ) number
 * </pre>
 *
 * Immutable.
 */
public final class PortRule {

    /** No service is served. */
    static final PortRule NONE = new PortRule(false, OptionalInt.empty(), List.of());

    private static final String SAME = "same";
    private static final int LAST = 65535;

    /** TCP ports and what is added to them. */
    private record Rule(int first, int last, int offset) {

        boolean covers(int port) {
            return first <= port && port <= last;
        }
    }

    private final boolean same;
    private final OptionalInt one;
    private final List<Rule> rules;

    private PortRule(boolean same, OptionalInt one, List<Rule> rules) {
        this.same = same;
        this.one = one;
        this.rules = rules;
    }

    /** @throws ConfigurationException it is no such value; the message says what is wrong with which part of it */
    static PortRule parse(String text) {
        if (text.equals(SAME)) {
            return new PortRule(true, OptionalInt.empty(), List.of());
        }
        if (!text.contains(">")) {
            return new PortRule(false, OptionalInt.of(number(text, 0)), List.of());
        }
        List<Rule> rules = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Rule rule = rule(part.strip());
            for (Rule before : rules) {
                if (before.first <= rule.last && rule.first <= before.last) {
                    throw new ConfigurationException("two rules name the TCP port " + Math.max(before.first, rule.first));
                }
            }
            rules.add(rule);
        }
        return new PortRule(false, OptionalInt.empty(), List.copyOf(rules));
    }

    private static Rule rule(String text) {
        String[] sides = text.split("\\s*>\\s*", -1);
        if (sides.length != 2) {
            throw new ConfigurationException("'" + text + "' is no rule such as 2049>20049 or 33115-33145>+10000");
        }
        String[] ends = sides[0].split("\\s*-\\s*", -1);
        int first = number(ends[0], 1);
        int last = number(ends[ends.length - 1], 1);
        if (ends.length > 2 || last < first) {
            throw new ConfigurationException("'" + sides[0] + "' is no range of ports, its smaller number first");
        }
        String to = sides[1];
        boolean minus = to.startsWith("-");
        if (!minus && !to.startsWith("+")) {
            if (ends.length > 1) {
                throw new ConfigurationException("'" + text + "' gives one port to several; a range takes an offset, such as >+10000");
            }
            return new Rule(first, first, number(to, 1) - first);
        }
        int offset = number(to.substring(1), 0) * (minus ? -1 : 1);
        if (first + offset < 1 || last + offset > LAST) {
            throw new ConfigurationException("'" + text + "' leads out of the ports 1 to " + LAST);
        }
        return new Rule(first, last, offset);
    }

    private static int number(String text, int least) {
        // Not what the JDK takes besides: signs, figures of other scripts.
        int number = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : -1;
        if (number < least || number > LAST) {
            throw new ConfigurationException("'" + text + "' is no port from " + least + " to " + LAST);
        }
        return number;
    }

    /** Whether each service is served at its own port. */
    public boolean isSame() {
        return same;
    }

    /** The port for all, if it is one; 0 for an ephemeral one. */
    public OptionalInt one() {
        return one;
    }

    /** Whether a rule, or the value as a whole, gives this TCP port an RDMA port. */
    public boolean covers(int tcpPort) {
        return rdmaPort(tcpPort).isPresent();
    }

    /** Empty when the service at this TCP port is served no RDMA. */
    public OptionalInt rdmaPort(int tcpPort) {
        if (same) {
            return OptionalInt.of(tcpPort);
        }
        return one.isPresent() ? one : rules.stream().filter(rule -> rule.covers(tcpPort)).mapToInt(rule -> tcpPort + rule.offset())
                .findFirst();
    }
}
