// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.lang.management.ManagementFactory;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bean on the platform MBean server, from {@link #register} to {@link #close}. Any thread. Where its name is taken, by a service of the
 * same name or by another loader's transport, it gets {@code id=2} and so on. When the MBean server refuses, that is logged and nothing
 * else happens: nobody fails for want of being seen.
 *
 * <p>The server's reference keeps the bean's loader alive: who registers must close.
 */
public final class ManagementBean implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ManagementBean.class);
    private static final int MOST = 1000;

    /** Null when it is not registered. */
    private ObjectName registered;

    private ManagementBean(ObjectName registered) {
        this.registered = registered;
    }

    /** @param name with domain and at least one property */
    public static ManagementBean register(String name, Object bean) {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        try {
            for (int n = 1; n <= MOST; n++) {
                try {
                    return new ManagementBean(server.registerMBean(bean, new ObjectName(n == 1 ? name : name + ",id=" + n))
                            .getObjectName());
                } catch (InstanceAlreadyExistsException e) {
                    LOG.debug("{} is taken {} times", name, n);
                }
            }
            LOG.warn("{} is not visible by JMX: {} of that name are there", name, MOST);
        } catch (JMException | SecurityException e) {
            LOG.warn("{} is not visible by JMX: {}", name, e.toString());
        }
        return new ManagementBean(null);
    }

    /** Idempotent. */
    @Override
    public synchronized void close() {
        if (registered == null) {
            return;
        }
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(registered);
        } catch (InstanceNotFoundException e) {
            LOG.debug("{} was taken away by somebody else", registered);
        } catch (JMException | SecurityException e) {
            LOG.warn("{} stays registered: {}", registered, e.toString());
        }
        registered = null;
    }
}
