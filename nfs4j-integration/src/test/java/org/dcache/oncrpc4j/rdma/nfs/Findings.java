// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.dcache.oncrpc4j.rdma.spi.XdrView;

/** What a binding said of one message. */
final class Findings implements CallPlan {

    static final int UNKNOWN = -1;

    record Item(int position, int length) {}

    final List<Item> items = new ArrayList<>();
    final List<Integer> results = new ArrayList<>();
    final List<Item> tolerated = new ArrayList<>();
    int bound = UNKNOWN;
    int unreadable = UNKNOWN;

    static Findings call(UpperLayerBinding binding, CallHeader header, XdrView message, int offset) {
        Findings findings = new Findings();
        binding.call(header, message, offset, findings);
        return findings;
    }

    /** @param missing whether the data came by Write chunks */
    static List<Item> results(UpperLayerBinding binding, CallHeader header, XdrView message, int offset, boolean missing) {
        List<Item> items = new ArrayList<>();
        binding.results(header, message, offset, (position, length) -> {
            items.add(new Item(position, length));
            return missing;
        });
        return items;
    }

    @Override
    public void eligibleArgument(int position, int length) {
        items.add(new Item(position, length));
    }

    @Override
    public void toleratedArgument(int position, int length) {
        tolerated.add(new Item(position, length));
    }

    @Override
    public void unreadableFrom(int position) {
        unreadable = position;
    }

    @Override
    public void expectResult(int maxLength) {
        results.add(maxLength);
    }

    @Override
    public void replyBound(int bytes) {
        bound = bytes;
    }
}
