// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/** Loggers of several kinds, as application servers have them. */
class DebugLinesTest {

    /** As Logback's. */
    public interface Settable extends Logger {
        void setLevel(Level level);
    }

    private final List<String> asked = new ArrayList<>();
    private final List<String> lines = new ArrayList<>();
    private Level level = Level.INFO;

    private ILoggerFactory backend(Class<? extends Logger> kind) {
        Logger logger = (Logger) Proxy.newProxyInstance(kind.getClassLoader(), new Class<?>[] {kind}, (proxy, method, arguments) -> {
            switch (method.getName()) {
                case "isDebugEnabled":
                    return level == Level.DEBUG;
                case "setLevel":
                    level = (Level) arguments[0];
                    return null;
                default:
                    lines.add(method.getName() + ' ' + arguments[0]);
                    return null;
            }
        });
        return name -> {
            asked.add(name);
            return logger;
        };
    }

    @Test
    void aLoggerThatTakesALevelIsSetToDebug() {
        DebugLines.switchOn(backend(Settable.class));
        assertThat(level).isEqualTo(Level.DEBUG);
        assertThat(asked).containsExactly("org.dcache.oncrpc4j.rdma");
        assertThat(lines).singleElement().asString().startsWith("info oncrpc.rdma.debug=on");
    }

    @Test
    void ofOthersALineSaysWhatToDo() {
        DebugLines.switchOn(backend(Logger.class));
        assertThat(level).isEqualTo(Level.INFO);
        assertThat(lines).singleElement().asString().startsWith("warn ").contains("set logger {} to DEBUG in the configuration");
    }

    @Test
    void aLoggerThatIsAtDebugAlreadyIsLeftAlone() {
        level = Level.DEBUG;
        DebugLines.switchOn(backend(Logger.class));
        assertThat(lines).singleElement().asString().startsWith("info ");
    }
}
