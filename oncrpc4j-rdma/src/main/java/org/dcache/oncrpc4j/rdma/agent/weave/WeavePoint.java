// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.matcher.ElementMatcher;

/**
 * A method that must be there exactly once. ByteBuddy is content with advice that matches nothing; we are not.
 *
 * @param name for the message
 */
record WeavePoint(String name, ElementMatcher<? super MethodDescription> method) {

    ElementMatcher<? super MethodDescription> in(TypeDescription type) {
        int found = type.getDeclaredMethods().filter(method).size();
        if (found != 1) {
            throw new IllegalStateException("expected one " + name + ", got " + found);
        }
        return method;
    }
}
