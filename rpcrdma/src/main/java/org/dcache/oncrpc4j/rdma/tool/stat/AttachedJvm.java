// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.stat;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import com.sun.tools.attach.VirtualMachineDescriptor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.management.AttributeNotFoundException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.dcache.oncrpc4j.rdma.metrics.latency.Figures;

/**
 * Another JVM of the same user on this machine, by the JDK's attach mechanism and its local management agent, which stays in that JVM and
 * listens on a local socket only its user can use. One thread.
 */
final class AttachedJvm implements ObservedJvm {

    private static final String SERVICES = "org.dcache.oncrpc4j.rdma:type=Service,*";
    private static final String PROCESS = "org.dcache.oncrpc4j.rdma:type=Counters,*";

    private final String pid;
    private final JMXConnector connector;
    private final MBeanServerConnection beans;

    private AttachedJvm(String pid, JMXConnector connector) throws IOException {
        this.pid = pid;
        this.connector = connector;
        this.beans = connector.getMBeanServerConnection();
    }

    private static String management(VirtualMachine machine, String pid) throws IOException {
        try {
            return machine.startLocalManagementAgent();
        } catch (IOException e) {
            throw new IOException("process " + pid + " cannot show its beans (" + e.getMessage() + "); a Java without the module"
                    + " jdk.management.agent, as in containers, takes -Doncrpc.rdma.stat-socket=PATH: then rpcrdma stat PATH", e);
        }
    }

    /** Process ids of this user's JVMs, this one left out. */
    static List<String> candidates() {
        String self = Long.toString(ProcessHandle.current().pid());
        return VirtualMachine.list().stream().map(VirtualMachineDescriptor::id).filter(id -> !id.equals(self)).sorted().toList();
    }

    /** @throws IOException that says in one line what is in the way */
    static AttachedJvm attach(String pid) throws IOException {
        VirtualMachine machine;
        try {
            machine = VirtualMachine.attach(pid);
        } catch (AttachNotSupportedException | IOException e) {
            throw new IOException("cannot attach to process " + pid + "; it must be a running JVM of the same user: " + e.getMessage(), e);
        }
        try {
            JMXConnector connector = JMXConnectorFactory.connect(new JMXServiceURL(management(machine, pid)));
            try {
                return new AttachedJvm(pid, connector);
            } catch (IOException | RuntimeException e) {
                connector.close();
                throw e;
            }
        } finally {
            machine.detach();
        }
    }

    @Override
    public List<ServiceSample> services() throws IOException {
        List<ServiceSample> samples = new ArrayList<>();
        try {
            Map<String, Long> problems = problemsOfProviders();
            Map<String, Map<String, Object>> last = lastProblems();
            for (ObjectName name : beans.queryNames(new ObjectName(SERVICES), null)) {
                try {
                    samples.add(sample(name, problems, last));
                } catch (InstanceNotFoundException e) {
                    // It stopped between the two questions.
                    continue;
                }
            }
        } catch (JMException e) {
            throw new IOException("process " + pid + " does not answer as expected: " + e, e);
        }
        ServiceSample.leaveOutOwn(samples);
        samples.sort(Comparator.comparing(ServiceSample::bean));
        return samples;
    }

    /** What the process counts, read before its services are. What providers count is in none of them: a refused handshake reaches none. */
    private Map<String, Long> problemsOfProviders() throws JMException, IOException {
        Map<String, Long> problems = new TreeMap<>();
        for (ObjectName bean : beans.queryNames(new ObjectName(PROCESS), null)) {
            try {
                table(bean, "Problems").forEach((label, count) -> problems.merge(label, count, Long::sum));
            } catch (AttributeNotFoundException | InstanceNotFoundException e) {
                // A transport that does not tell yet, or its last service stopped between the two questions.
                continue;
            }
        }
        return problems;
    }

    private Map<String, Long> table(ObjectName bean, String attribute) throws JMException, IOException {
        Map<String, Long> table = new TreeMap<>();
        for (Object row : ((TabularData) beans.getAttribute(bean, attribute)).values()) {
            table.put((String) ((CompositeData) row).get("key"), (Long) ((CompositeData) row).get("value"));
        }
        return table;
    }

    private ServiceSample sample(ObjectName bean, Map<String, Long> problems, Map<String, Map<String, Object>> last)
            throws JMException, IOException {
        long now = System.nanoTime();
        Map<String, Long> counters = table(bean, "Counters");
        List<Map<String, Object>> connections = new ArrayList<>();
        for (CompositeData connection : (CompositeData[]) beans.getAttribute(bean, "Connections")) {
            connections.add(members(connection));
        }
        connections.sort(Comparator.comparing(members -> (String) members.get("remote")));
        return new ServiceSample(pid, bean.getCanonicalName(), (String) beans.getAttribute(bean, "Name"),
                (String) beans.getAttribute(bean, "Role"),
                Arrays.asList((String[]) beans.getAttribute(bean, "Listeners")), counters, problems, last, connections,
                latencies(bean), now);
    }

    private Map<String, Map<String, Object>> lastProblems() throws JMException, IOException {
        Map<String, Map<String, Object>> last = new TreeMap<>();
        for (ObjectName bean : beans.queryNames(new ObjectName(PROCESS), null)) {
            try {
                for (CompositeData problem : (CompositeData[]) beans.getAttribute(bean, "LastProblems")) {
                    last.put((String) problem.get("counter"), members(problem));
                }
            } catch (AttributeNotFoundException | InstanceNotFoundException e) {
                // A transport that does not tell yet, or its last service stopped between the two questions.
                continue;
            }
        }
        return last;
    }

    private static Map<String, Object> members(CompositeData of) {
        Map<String, Object> members = new TreeMap<>();
        of.getCompositeType().keySet().forEach(key -> members.put(key, of.get(key)));
        return members;
    }

    private Map<String, Figures> latencies(ObjectName bean) throws JMException, IOException {
        Map<String, Figures> latencies = new TreeMap<>();
        try {
            for (CompositeData of : (CompositeData[]) beans.getAttribute(bean, "Latencies")) {
                SortedMap<Long, Long> buckets = new TreeMap<>();
                for (Object row : ((TabularData) of.get("buckets")).values()) {
                    buckets.put((Long) ((CompositeData) row).get("key"), (Long) ((CompositeData) row).get("value"));
                }
                latencies.put(of.get("side") + "." + of.get("kind") + "." + of.get("operation"),
                        new Figures((Long) of.get("calls"), (Long) of.get("bytes"), (Long) of.get("nanos"), buckets));
            }
        } catch (AttributeNotFoundException e) {
            // A transport that does not tell yet.
            return latencies;
        }
        return latencies;
    }

    @Override
    public String toString() {
        return "process " + pid;
    }

    @Override
    public void close() {
        try {
            connector.close();
        } catch (IOException e) {
            // That JVM has ended.
        }
    }
}
