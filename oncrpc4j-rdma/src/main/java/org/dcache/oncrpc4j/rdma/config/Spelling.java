// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import java.util.Collection;

/** How far a name is from what was probably meant: the letters to change, add or leave out. */
final class Spelling {

    private Spelling() {}

    /** Of the names, the one that is nearest to any of these. */
    static String nearest(Collection<String> names, String... given) {
        String best = "";
        int bestDistance = Integer.MAX_VALUE;
        for (String name : names) {
            for (String one : given) {
                int d = distance(one, name);
                if (d < bestDistance) {
                    bestDistance = d;
                    best = name;
                }
            }
        }
        return best;
    }

    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int up = row[j];
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(up, row[j - 1]) + 1, diagonal + change);
                diagonal = up;
            }
        }
        return row[b.length()];
    }
}
