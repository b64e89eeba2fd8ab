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
 * The transport's counters and gauges in another JVM, read as an admin would: by JMX, which that JVM is asked for through the attach API.
 * It must run as the same user. Closing it leaves the JVM as it is. One thread.
 */
public final class JvmCounters implements AutoCloseable {

    /** Without the thread that asks from time to time whether the JVM is still there: tests kill it. */
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
            throw new IOException("process " + pid + " is no JVM that can be attached to", e);
        }
    }

    /** What was counted, by label, where it is not 0; all beans of that type added up. */
    public Map<String, Long> counters() throws IOException {
        return read("Counters");
    }

    /** What is held at this moment, likewise, but with those that are 0. */
    public Map<String, Long> gauges() throws IOException {
        return read("Gauges");
    }

    /** A number of each bean of others that has such a name. */
    public List<Long> attributes(String name, String attribute) throws IOException {
        try {
            List<Long> all = new ArrayList<>();
            for (ObjectName bean : beans.queryNames(new ObjectName(name), null)) {
                all.add(((Number) beans.getAttribute(bean, attribute)).longValue());
            }
            return all;
        } catch (JMException e) {
            throw new IOException(attribute + " cannot be read", e);
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
            throw new IOException("the counters cannot be read", e);
        }
    }

    @Override
    public void close() throws IOException {
        connector.close();
    }
}
