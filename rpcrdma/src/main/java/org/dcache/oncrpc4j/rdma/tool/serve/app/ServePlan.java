// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve.app;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.export.ExportOptions;
import org.dcache.oncrpc4j.rdma.export.Kerberos;
import org.dcache.oncrpc4j.rdma.export.SecurityFlavor;
import org.dcache.oncrpc4j.rdma.export.Squash;

/**
 * What to export and where, as it goes from one JVM to the other.
 *
 * @param directory null for a tree in memory
 * @param memory most bytes of data of a tree in memory
 * @param fsid id of the file system in file handles; null for its UUID
 * @param durable whether names are on the disk before they are acknowledged
 * @param tcpPort null without TCP
 * @param rdmaPort null without RDMA
 * @param kerberos null without RPCSEC_GSS
 * @param progress whether a line on standard error says what goes on
 */
public record ServePlan(String directory, long memory, String fsid, boolean durable, String bind, Integer tcpPort, Integer rdmaPort,
        int threads, ExportOptions options, Kerberos kerberos, boolean progress) {

    /** What the service itself listens on; the agent adds the other. */
    int servicePort() {
        return tcpPort != null ? tcpPort : rdmaPort;
    }

    /** Words for {@link #parse}. */
    public List<String> words() {
        List<String> words = new ArrayList<>();
        add(words, "directory", directory);
        add(words, "memory", memory);
        add(words, "fsid", fsid);
        add(words, "durable", durable);
        add(words, "bind", bind);
        add(words, "tcp", tcpPort);
        add(words, "rdma", rdmaPort);
        add(words, "threads", threads);
        add(words, "readOnly", options.readOnly());
        add(words, "squash", options.squash());
        add(words, "uid", options.anonymousUid());
        add(words, "gid", options.anonymousGid());
        add(words, "readMemory", options.readMemory());
        add(words, "progress", progress);
        options.flavors().forEach(flavor -> add(words, "flavor", flavor));
        if (kerberos != null) {
            add(words, "keytab", kerberos.keytab());
            add(words, "principal", kerberos.principal());
            kerberos.users().forEach(user -> add(words, "user", user));
        }
        return words;
    }

    private static void add(List<String> words, String name, Object value) {
        if (value != null) {
            words.add(name + "=" + value);
        }
    }

    static ServePlan parse(String... words) {
        Map<String, String> given = new HashMap<>();
        List<SecurityFlavor> flavors = new ArrayList<>();
        List<Kerberos.User> users = new ArrayList<>();
        for (String word : words) {
            int equals = word.indexOf('=');
            String name = word.substring(0, equals);
            String value = word.substring(equals + 1);
            switch (name) {
                case "flavor" -> flavors.add(SecurityFlavor.valueOf(value));
                case "user" -> users.add(Kerberos.User.parse(value));
                default -> given.put(name, value);
            }
        }
        Kerberos kerberos = given.containsKey("keytab") ? new Kerberos(given.get("keytab"), given.get("principal"), users) : null;
        ExportOptions options = new ExportOptions(Boolean.parseBoolean(given.get("readOnly")), Squash.valueOf(given.get("squash")),
                Integer.parseInt(given.get("uid")), Integer.parseInt(given.get("gid")), Long.parseLong(given.get("readMemory")), flavors);
        return new ServePlan(given.get("directory"), Long.parseLong(given.get("memory")), given.get("fsid"),
                Boolean.parseBoolean(given.get("durable")),
                given.get("bind"),
                number(given.get("tcp")), number(given.get("rdma")), Integer.parseInt(given.get("threads")), options, kerberos,
                Boolean.parseBoolean(given.get("progress")));
    }

    private static Integer number(String text) {
        return text == null ? null : Integer.valueOf(text);
    }
}
