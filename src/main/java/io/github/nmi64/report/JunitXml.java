package io.github.nmi64.report;

import java.util.List;
import java.util.Locale;

/** Results in the XML of JUnit's reports, which CI systems read: a test case a fixture. */
public final class JunitXml {
    private final List<CheckRow> rows;
    private final StringBuilder xml = new StringBuilder();

    /** @param rows in the order they are told */
    public JunitXml(List<CheckRow> rows) {
        this.rows = List.copyOf(rows);
    }

    /** The document. */
    public String text() {
        String counts = "tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%s\""
                .formatted(
                        rows.size(),
                        rows.stream().filter(JunitXml::isFailure).count(),
                        rows.stream().filter(JunitXml::isError).count(),
                        rows.stream().filter(CheckRow::isSkipped).count(),
                        seconds(rows.stream().mapToDouble(JunitXml::time).sum()));
        xml.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        xml.append("<testsuites name=\"nmi64 check\" ").append(counts).append(">\n");
        xml.append("  <testsuite name=\"nmi64 check\" ").append(counts).append(">\n");
        rows.forEach(this::testCase);
        xml.append("  </testsuite>\n</testsuites>\n");
        return xml.toString();
    }

    private static boolean isFailure(CheckRow row) {
        return row.standing() == Standing.FAILED;
    }

    private static boolean isError(CheckRow row) {
        return !row.isGood() && !isFailure(row);
    }

    private static double time(CheckRow row) {
        return row.report().map(CheckReport::seconds).orElse(0.0);
    }

    private static String seconds(double time) {
        return String.format(Locale.ROOT, "%.3f", time);
    }

    private void testCase(CheckRow row) {
        xml.append("    <testcase classname=\"nmi64.check\" name=\"").append(escaped(row.name()));
        xml.append("\" time=\"").append(seconds(time(row))).append("\">\n");
        String message = escaped(row.isSkipped() ? row.problem() : row.detail());
        if (row.isSkipped()) {
            xml.append("      <skipped message=\"").append(message).append("\"/>\n");
        } else if (!row.isGood()) {
            String element = isFailure(row) ? "failure" : "error";
            String type = row.report()
                    .flatMap(CheckReport::example)
                    .map(example -> example.violation().invariant())
                    .orElse(row.standing().word().toLowerCase(Locale.ROOT));
            xml.append("      <").append(element).append(" type=\"").append(escaped(type));
            xml.append("\" message=\"").append(message).append("\">");
            xml.append(escaped(row.report().map(CheckReport::plainText).orElse(row.problem())));
            xml.append("</").append(element).append(">\n");
        } else {
            xml.append("      <system-out>")
                    .append(escaped(row.report().map(CheckReport::plainText).orElse("")))
                    .append("</system-out>\n");
        }
        xml.append("    </testcase>\n");
    }

    /** For attributes and text alike; what XML 1.0 has no way to say becomes a question mark. */
    private static String escaped(String text) {
        StringBuilder safe = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\n', '\t' -> safe.append((char) c);
                default -> safe.appendCodePoint(isCharacter(c) ? c : '?');
            }
        });
        return safe.toString();
    }

    private static boolean isCharacter(int c) {
        return c >= ' ' && c < 0xd800 || c >= 0xe000 && c < 0xfffe || c >= 0x10000;
    }
}
