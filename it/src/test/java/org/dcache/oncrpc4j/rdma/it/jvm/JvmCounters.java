// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.jvm;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * The transport's counters and gauges in another JVM of the same user, read as an admin would: by JMX, which is started there by the attach
 * API. Closing this does not end that JVM. One thread.
 */
public final class JvmCounters implements AutoCloseable {

    /** No thread that checks from time to time whether the JVM is still there, because tests kill it. */
    private static final Map<String, Object> OPTIONS = Map.of("jmx.remote.x.client.connection.check.period", 0L);

    private final JMXConnector connector;
    private final MBeanServerConnection beans;

    private JvmCounters(JMXConnector connector) throws IOException {
        this.connector = connector;
        this.beans = connector.getMBeanServerConnection();
    }

    public static JvmCounters of(long pid) throws IOException {
        try {
            VirtualMachine machine = VirtualMachine.attach("" + pid);
            try {
                return new JvmCounters(JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()), OPTIONS));
            } finally {
                machine.detach();
            }
        } catch (AttachNotSupportedException e) {
            throw new IOException("expected process " + pid + " to be a JVM that allows attaching: " + e.getMessage(), e);
        }
    }

    /** Counters that are not 0, by label; those of all beans added up. */
    public Map<String, Long> counters() throws IOException {
        return read("Counters");
    }

    /** Gauges at this moment, by label, with those that are 0; those of all beans added up. */
    public Map<String, Long> gauges() throws IOException {
        return read("Gauges");
    }

    /** A numeric attribute of each bean whose name matches a pattern. */
    public List<Long> attributes(String name, String attribute) throws IOException {
        try {
            List<Long> all = new ArrayList<>();
            for (ObjectName bean : beans.queryNames(new ObjectName(name), null)) {
                all.add(((Number) beans.getAttribute(bean, attribute)).longValue());
            }
            return all;
        } catch (JMException e) {
            throw new IOException("cannot read " + attribute + " of " + name + ": " + e, e);
        }
    }

    private Map<String, Long> read(String attribute) throws IOException {
        try {
            Map<String, Long> sums = new TreeMap<>();
            for (ObjectName bean : beans.queryNames(new ObjectName("org.dcache.oncrpc4j.rdma:type=Counters,*"), null)) {
                for (Object row : ((TabularData) beans.getAttribute(bean, attribute)).values()) {
                    sums.merge((String) ((CompositeData) row).get("key"), (Long) ((CompositeData) row).get("value"), Long::sum);
                }
            }
            return sums;
        } catch (JMException e) {
            throw new IOException("cannot read " + attribute + " of the transport: " + e, e);
        }
    }

    @Override
    public void close() throws IOException {
        connector.close();
    }
}
