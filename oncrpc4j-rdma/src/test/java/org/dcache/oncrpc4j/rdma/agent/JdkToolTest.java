// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JdkToolTest {

    @ParameterizedTest
    @CsvSource({
        "jdk.compiler, jdk.compiler/com.sun.tools.javac.Main -d classes A.java",
        "java.base, java.base/sun.security.tools.keytool.Main -list",
        "jdk.jcmd, jdk.jcmd/sun.tools.jstack.JStack 1"
    })
    void toolsOfTheJdk(String mainModule, String command) {
        assertThat(JdkTool.is(mainModule, command)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "null", value = {
        "null, org.example.Server 2049",
        "null, com.sun.tools.javac.Main A.java",
        "null, null",
        "java.base, null",
        "org.example.server, org.example.server/org.example.Server",
        "jdkserver, jdkserver/Server"
    })
    @DisplayName("an application, and whatever cannot be told")
    void applications(String mainModule, String command) {
        assertThat(JdkTool.is(mainModule, command)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "jdk.compiler, jdk.compiler/com.sun.tools.javac.launcher.Main Server.java",
        "jdk.compiler, jdk.compiler/com.sun.tools.javac.launcher.SourceLauncher Server.java",
        "jdk.jshell, jdk.jshell/jdk.internal.jshell.tool.JShellToolProvider --execution local",
        "java.scripting, java.scripting/com.sun.tools.script.shell.Main server.js"
    })
    @DisplayName("a program that the JDK runs from its source is an application")
    void programsRunFromSource(String mainModule, String command) {
        assertThat(JdkTool.is(mainModule, command)).isFalse();
    }
}
