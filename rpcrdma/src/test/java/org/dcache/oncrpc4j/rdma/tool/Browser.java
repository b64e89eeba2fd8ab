// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A real browser that lays out a page: Chromium without a display. Where none is on the PATH, the test that asks for it is skipped and says
 * so. Layout is asked for by a script in a copy of the page, since the page itself forbids scripts. One thread.
 */
final class Browser {

    private static final int SECONDS = 60;
    private static final Pattern FACTS = Pattern.compile("<pre id=\"facts\">([^<]*)</pre>");

    private final Path program;
    private final Path folder;

    private Browser(Path program, Path folder) {
        this.program = program;
        this.folder = folder;
    }

    /** @param folder for the browser's own files */
    static Browser find(Path folder) {
        Optional<Path> program = Arrays.stream(System.getenv("PATH").split(":"))
                .flatMap(path -> Stream.of("chromium", "chromium-browser", "google-chrome").map(Path.of(path)::resolve))
                .filter(Files::isExecutable).findFirst();
        assumeTrue(program.isPresent(), "no Chromium on the PATH (apt-get install chromium): the page is not looked at in a browser");
        return new Browser(program.get(), folder);
    }

    /**
     * Lays a page out and evaluates expressions in it.
     *
     * @param expressions of JavaScript
     * @return their values as text, in the same order
     */
    List<String> facts(Path page, String... expressions) throws IOException, InterruptedException {
        String script = "<pre id=\"facts\"></pre><script>document.getElementById('facts').textContent = [" + String.join(", ", expressions)
                + "].join('\\n');</script></body>";
        String html = Files.readString(page);
        assertThat(html).contains("Content-Security-Policy");
        Path copy = Files.writeString(folder.resolve("looked-at.html"),
                html.replaceFirst("<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "").replace("</body>", script));
        Matcher facts = FACTS.matcher(run("--dump-dom", copy));
        assertThat(facts.find()).isTrue();
        return List.of(facts.group(1).replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&").split("\n"));
    }

    private String run(String order, Path page) throws IOException, InterruptedException {
        Path out = folder.resolve("browser.out");
        Process browser = new ProcessBuilder(program.toString(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--window-size=1200,900", "--user-data-dir=" + folder.resolve("profile"), order, page.toUri().toString())
                .redirectOutput(out.toFile()).redirectError(folder.resolve("browser.err").toFile()).start();
        try {
            assertThat(browser.waitFor(SECONDS, TimeUnit.SECONDS)).as("the browser ends within %d s", SECONDS).isTrue();
        } finally {
            browser.descendants().forEach(ProcessHandle::destroyForcibly);
            browser.destroyForcibly();
        }
        return Files.readString(out, StandardCharsets.UTF_8);
    }
}
