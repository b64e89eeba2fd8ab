// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.util.ArrayList;
import java.util.List;

/**
 * Who calls, after squashing (see {@link Squash}).
 *
 * @param uid 0 is root, whom rights do not bind
 * @param groups besides {@code gid}; must not be changed
 */
record Caller(int uid, int gid, int... groups) {

    /** User, group, other groups. */
    List<Integer> ids() {
        List<Integer> ids = new ArrayList<>(List.of(uid, gid));
        for (int group : groups) {
            ids.add(group);
        }
        return ids;
    }

    boolean isRoot() {
        return uid == 0;
    }

    boolean isIn(int group) {
        if (gid == group) {
            return true;
        }
        for (int g : groups) {
            if (g == group) {
                return true;
            }
        }
        return false;
    }
}
