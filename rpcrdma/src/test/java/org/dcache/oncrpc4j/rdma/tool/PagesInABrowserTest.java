// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code bench --html} and {@code decode --html} write, laid out by Chromium. */
class PagesInABrowserTest {

    /** Nothing is wider than the window, and no text lies on another. */
    private static final String NO_WIDER = "document.documentElement.scrollWidth <= document.documentElement.clientWidth";
    private static final String APART = """
            [...document.querySelectorAll('svg')].every(svg => {
                const boxes = [...svg.querySelectorAll('text')].map(t => t.getBoundingClientRect());
                const frame = svg.getBoundingClientRect();
                return boxes.every((a, i) => a.left >= frame.left - 1 && a.right <= frame.right + 1 && boxes.every((b, j) => j <= i
                    || a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 3 || b.bottom <= a.top + 3));
            })""";

    @TempDir
    private Path folder;

    private void tool(String... words) {
        StringWriter out = new StringWriter();
        int status = RpcRdma.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(out)).execute(words);
        assertThat(status).as("%s", out).isZero();
    }

    @Test
    void aReportOfBenchShowsItsTablesAndBars() throws Exception {
        Browser browser = Browser.find(folder);
        Path page = folder.resolve("bench.html");
        // Programs of the agent's are not packed yet when unit tests run.
        tool("bench", "--quick", "--transport", "tcp", "--no-system-calls", "--operations", "null,read", "--sizes", "4k,64k",
                "--depths", "1,4", "--seconds", "0.2", "--rounds", "1", "--html", page.toString());
        List<String> facts = browser.facts(page, "document.title", "document.querySelectorAll('svg').length",
                "[...document.querySelectorAll('rect')].filter(r => r.getBoundingClientRect().width >= 1).length",
                "document.querySelectorAll('table').length", "document.body.innerText.includes('rpcrdma bench --quick')", NO_WIDER, APART);
        // rates, p50 and p99 of NULL and of READ; in each, two loads
        assertThat(facts).containsExactly("oncrpc4j over TCP and over RDMA", "6", "12", "2", "true", "true", "true");
    }

    @Test
    void aCaptureIsALadderOfArrowsInBothDirections() throws Exception {
        Browser browser = Browser.find(folder);
        Path capture = folder.resolve("siw <v3>.pcap.gz");
        Files.write(capture, getClass().getResourceAsStream("/captures/siw-v3.pcap.gz").readAllBytes());
        Path page = folder.resolve("ladder.html");
        tool("decode", "--html", page.toString(), capture.toString());
        List<String> facts = browser.facts(page, "document.title", "document.querySelectorAll('table.ladder').length",
                "document.querySelectorAll('tr.s').length > 50", "document.querySelectorAll('tr.c.rdma').length > 10",
                "[...document.querySelectorAll('.arrow i')].every(i => i.getBoundingClientRect().width > 300)",
                "document.body.innerText.includes('call NFS 3 LOOKUP')", NO_WIDER);
        assertThat(facts).containsExactly("RPC over RDMA in siw <v3>.pcap.gz", "2", "true", "true", "true", "true", "true");
    }
}
