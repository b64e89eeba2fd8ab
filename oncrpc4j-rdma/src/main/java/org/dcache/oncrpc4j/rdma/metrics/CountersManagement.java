// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.lang.management.ManagementFactory;
import java.util.Map;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows the process-wide counters on the platform MBean server as {@code org.dcache.oncrpc4j.rdma:type=Counters}.
 *
 * <p>Any thread may call it, any number of times. The server's reference to the bean keeps the loader of this class alive, so who
 * is loaded by a web application must {@link #unregister} when its last service is gone; {@link #acquire} and {@link #release} count for it. Where two loaders of one JVM have a
 * transport each, the second one's bean has {@code loader=2} in its name, and so on: a reader that wants all of them asks for
 * {@code org.dcache.oncrpc4j.rdma:type=Counters,*} and adds up. When the MBean server refuses, that is logged and nothing else
 * happens: counters are no reason to fail a service.
 */
public final class CountersManagement {

    /** Name of the bean. */
    public static final String NAME = "org.dcache.oncrpc4j.rdma:type=Counters";

    private static final Logger LOG = LoggerFactory.getLogger(CountersManagement.class);
    private static final int MAX_LOADERS = 1000;

    /** Name under which this loader's bean is registered; null when it is not. Guarded by the class. */
    private static ObjectName registered;

    /** Guarded by the class. */
    private static int users;

    private CountersManagement() {}

    /** Registers the bean for one user more. */
    public static synchronized void acquire() {
        if (users++ == 0) {
            register();
        }
    }

    /** Gives one {@link #acquire} back; the last one takes the bean away. */
    public static synchronized void release() {
        if (--users == 0) {
            unregister();
        }
    }

    /** Registers the bean unless it is registered. */
    public static synchronized void register() {
        if (registered != null) {
            return;
        }
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        try {
            for (int n = 1; n <= MAX_LOADERS && registered == null; n++) {
                try {
                    registered = server.registerMBean(new Bean(), name(n)).getObjectName();
                } catch (InstanceAlreadyExistsException e) {
                    // another loader's: try the next name
                }
            }
        } catch (JMException | SecurityException e) {
            LOG.warn("The counters are not visible by JMX: {}", e.toString());
        }
    }

    /** Takes the bean away, if it is there. */
    public static synchronized void unregister() {
        if (registered == null) {
            return;
        }
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(registered);
        } catch (InstanceNotFoundException e) {
            LOG.debug("{} was taken away by somebody else", registered);
        } catch (JMException | SecurityException e) {
            LOG.warn("{} stays registered: {}", registered, e.toString());
        } finally {
            registered = null;
        }
    }

    private static ObjectName name(int n) throws JMException {
        return new ObjectName(n == 1 ? NAME : NAME + ",loader=" + n);
    }

    private static final class Bean implements CountersMXBean {
        @Override
        public Map<String, Long> getCounters() {
            return Counters.process().snapshot();
        }

        @Override
        public Map<String, Long> getGauges() {
            return Gauges.process().snapshot();
        }
    }
}
