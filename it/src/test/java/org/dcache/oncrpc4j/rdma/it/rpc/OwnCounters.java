// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.rpc;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;

/** Counters and gauges of the transport in this JVM, read by JMX, as an admin would: its classes are in a loader of their own. */
final class OwnCounters {

    private OwnCounters() {}

    /** A counter by its label; that of all beans added up, 0 where none has it. */
    static long of(String label) throws JMException {
        return sum("Counters", label);
    }

    /** A gauge by its label, as {@link #of}. */
    static long gauge(String label) throws JMException {
        return sum("Gauges", label);
    }

    private static long sum(String attribute, String label) throws JMException {
        long sum = 0;
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        for (ObjectName bean : beans.queryNames(new ObjectName("org.dcache.oncrpc4j.rdma:type=Counters,*"), null)) {
            for (Object row : ((TabularData) beans.getAttribute(bean, attribute)).values()) {
                CompositeData counter = (CompositeData) row;
                sum += counter.get("key").equals(label) ? (Long) counter.get("value") : 0;
            }
        }
        return sum;
    }
}
