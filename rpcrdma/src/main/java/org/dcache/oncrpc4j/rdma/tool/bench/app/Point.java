// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.util.ArrayList;
import java.util.List;

/**
 * One measured combination.
 *
 * @param size bytes of data per call; 0 for NULL
 * @param depth calls outstanding at a time; 1 means synchronous calls
 */
public record Point(Operation operation, int size, int depth) {

    /** Every operation at every size and depth; NULL has no sizes. */
    public static List<Point> grid(List<Operation> operations, List<Integer> sizes, List<Integer> depths) {
        List<Point> points = new ArrayList<>();
        for (Operation operation : operations) {
            for (int size : operation.hasData() ? sizes : List.of(0)) {
                for (int depth : depths) {
                    points.add(new Point(operation, size, depth));
                }
            }
        }
        return points;
    }

    /** The point that a command names. */
    static Point of(Message command) {
        return new Point(Operation.valueOf(command.text("operation")), command.integer("size"), command.integer("depth"));
    }

    @Override
    public String toString() {
        return operation.label() + (operation.hasData() ? " " + Sizes.text(size) : "") + " depth " + depth;
    }
}
