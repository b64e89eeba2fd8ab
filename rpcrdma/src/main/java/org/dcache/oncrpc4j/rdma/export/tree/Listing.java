// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;

/**
 * The names of a directory at one moment, in the order of their cookies. Immutable.
 *
 * <p>A cookie is a 62 bit hash of the name. A listing goes on after a cookie with the next larger one, whatever happened to the directory
 * meanwhile: a name that was there all the time comes exactly once. Of two names with the same cookie (a chance of 1 in 10^11 among ten
 * thousand names) the second is lost if a page ends between them.
 */
public final class Listing {

    /** Cookies of "." and ".."; 0 stands for the start. */
    private static final long COOKIE_DOT = 1;
    private static final long COOKIE_DOT_DOT = 2;
    private static final long FIRST_HASH = 3;

    private static final int HASH_SHIFT = 46;
    private static final long HASH_BITS = (1L << HASH_SHIFT + Short.SIZE) - 1;

    /** A name and the cookie to go on after it. */
    public record Entry(long cookie, NfsText name) {}

    private final List<Entry> entries;

    private Listing(List<Entry> entries) {
        this.entries = entries;
    }

    /** @param names without "." and ".." */
    public static Listing of(Collection<NfsText> names) {
        List<Entry> entries = new ArrayList<>(names.size() + 2);
        entries.add(new Entry(COOKIE_DOT, FileName.DOT));
        entries.add(new Entry(COOKIE_DOT_DOT, FileName.DOT_DOT));
        for (NfsText name : names) {
            entries.add(new Entry(cookie(name), name));
        }
        entries.sort(Comparator.comparingLong(Entry::cookie)
                .thenComparing(entry -> new String(entry.name().bytes(), StandardCharsets.ISO_8859_1)));
        return new Listing(entries);
    }

    /** FNV-1a, then the final mix of MurmurHash3. */
    static long cookie(NfsText name) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : name.bytes()) {
            hash = (hash ^ b & 0xff) * 0x100000001b3L;
        }
        hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
        hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
        return Math.max(FIRST_HASH, (hash ^ hash >>> 33) & HASH_BITS);
    }

    /** Whether there is nothing but "." and "..". */
    public boolean isEmpty() {
        return entries.size() == 2;
    }

    /** What {@link #withHash} looks for: 16 bits of a name. */
    static short hash(NfsText name) {
        return (short) (cookie(name) >>> HASH_SHIFT);
    }

    /** The names with this hash: few, of however many. */
    List<NfsText> withHash(short hash) {
        long first = Short.toUnsignedLong(hash) << HASH_SHIFT;
        int begin = after(Math.max(FIRST_HASH, first) - 1);
        return entries.subList(begin, after(first + (1L << HASH_SHIFT) - 1)).stream().map(Entry::name).toList();
    }

    public int size() {
        return entries.size();
    }

    public Entry get(int index) {
        return entries.get(index);
    }

    /** Index of the first entry behind a cookie. */
    public int after(long cookie) {
        int low = 0;
        int high = entries.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (entries.get(middle).cookie() <= cookie) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
