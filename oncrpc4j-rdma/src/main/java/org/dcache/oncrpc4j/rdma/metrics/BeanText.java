// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.lang.management.ManagementFactory;
import java.util.Properties;
import java.util.TreeSet;
import javax.management.JMException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;

/**
 * All beans of the transport in this JVM, whoever's loader registered them, as flat properties: {@code 1.bean} is the first one's name,
 * {@code 1.Counters.xprt.sends} a row of its map {@code Counters}, {@code 1.Connections.2.remote} a member of the third element of an
 * array. {@code pid} is the process id. The counters of the process are read before those of its services. Stateless.
 */
final class BeanText {

    private BeanText() {}

    static Properties of() {
        Properties text = new Properties();
        text.setProperty("pid", Long.toString(ProcessHandle.current().pid()));
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        int n = 0;
        try {
            for (ObjectName name : new TreeSet<>(server.queryNames(new ObjectName("org.dcache.oncrpc4j.rdma:*"), null))) {
                try {
                    Properties bean = new Properties();
                    for (MBeanAttributeInfo attribute : server.getMBeanInfo(name).getAttributes()) {
                        put(bean, (n + 1) + "." + attribute.getName(), server.getAttribute(name, attribute.getName()));
                    }
                    n++;
                    text.putAll(bean);
                    text.setProperty(n + ".bean", name.getCanonicalName());
                } catch (JMException e) {
                    // It was taken away between the two questions.
                    continue;
                }
            }
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
        return text;
    }

    private static void put(Properties text, String name, Object value) {
        if (value instanceof TabularData table) {
            for (Object row : table.values()) {
                put(text, name + "." + ((CompositeData) row).get("key"), ((CompositeData) row).get("value"));
            }
        } else if (value instanceof CompositeData members) {
            members.getCompositeType().keySet().forEach(key -> put(text, name + "." + key, members.get(key)));
        } else if (value instanceof Object[] elements) {
            for (int i = 0; i < elements.length; i++) {
                put(text, name + "." + i, elements[i]);
            }
        } else if (value != null) {
            text.setProperty(name, value.toString());
        }
    }
}
