// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.dcache.oncrpc4j.rdma.tool.html.BarChart;
import org.dcache.oncrpc4j.rdma.tool.html.HtmlPage;

/** What {@code --html} writes: all tables of the terminal, and pictures of rates and latencies. Stateless. */
final class HtmlReport {

    private HtmlReport() {}

    /** @param words of the command line, as they were given */
    static HtmlPage of(Report report, Optional<SpeedTable> speed, SpeedRuns runs, List<String> words) {
        HtmlPage page = new HtmlPage("oncrpc4j over TCP and over RDMA")
                .text("rpcrdma " + String.join(" ", words) + " on " + OffsetDateTime.now().truncatedTo(ChronoUnit.MINUTES))
                .text(System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch") + ", "
                        + Runtime.getRuntime().availableProcessors() + " processors, Java " + Runtime.version()
                        + CongestionControl.name().map(name -> ", congestion control " + name).orElse(""));
        if (runs.count() > 1) {
            page.heading("All runs").table(runs.table()).raw(runs.chart().svg()).text("What follows is of the last run.");
        }
        speed.ifPresent(table -> {
            page.heading("Floors and aims").table(table.table());
            table.notes().forEach(page::text);
        });
        page.heading("Rates").table(report.rates());
        charts(page, report.rateCharts());
        page.heading("Latency");
        charts(page, report.latencyCharts(50));
        charts(page, report.latencyCharts(99));
        return page.heading("What a call costs").table(report.costs()).text(Report.WHOLE_JVMS);
    }

    private static void charts(HtmlPage page, List<BarChart> charts) {
        charts.forEach(chart -> page.raw(chart.svg()));
    }
}
