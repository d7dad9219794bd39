package io.github.nmi64.timing;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Reads the text form of a cost table; its notation is explained at the top of the bundled {@code costs.txt}. */
final class CostTableReader {
    private static final int UNSET = -1;
    private static final int MOST = 1_000_000;

    private final String source;
    private final Map<String, CostRow> rows = new HashMap<>();
    private final int[] parameters = new int[CostParameter.values().length];
    private int number;
    private String line = "";

    CostTableReader(String source) {
        this.source = source;
        Arrays.fill(parameters, UNSET);
    }

    TableCosts read(String text) {
        for (String raw : text.split("\n", -1)) {
            number++;
            line = raw.strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                readLine(line.split("\\s+", -1));
            }
        }
        for (CostParameter parameter : CostParameter.values()) {
            if (parameters[parameter.ordinal()] == UNSET) {
                line = "";
                throw expected("a line '= " + parameter.text() + " CYCLES' somewhere");
            }
        }
        return new TableCosts(rows, parameters);
    }

    private void readLine(String[] words) {
        switch (words[0]) {
            case "=" -> readParameter(words);
            case "never" -> name(words, 1, CostRow.NEVER);
            default -> readRow(words);
        }
    }

    private void readParameter(String[] words) {
        int parameter = words.length == 3 ? CostParameter.texts().indexOf(words[1]) : -1;
        if (parameter < 0) {
            throw expected("'= NAME CYCLES' with a name of " + CostParameter.texts());
        }
        if (parameters[parameter] != UNSET) {
            throw expected(words[1] + " only once");
        }
        parameters[parameter] = cycles(words[2]);
    }

    private void readRow(String[] words) {
        if (words.length < 4) {
            throw expected("BASE EXPLICIT IMPLICIT MNEMONIC...");
        }
        int base = cycles(words[0]);
        if (base < 1) {
            throw expected("a base of at least one cycle");
        }
        if (words[1].length() != 1 || CostRow.EXPLICIT.indexOf(words[1].charAt(0)) < 0) {
            throw expected("one of '" + CostRow.EXPLICIT + "' in second place");
        }
        if (!words[2].matches("-|[ls]+")) {
            throw expected("'-' or letters l and s in third place");
        }
        int loads = (int) words[2].chars().filter(letter -> letter == 'l').count();
        int stores = (int) words[2].chars().filter(letter -> letter == 's').count();
        name(words, 3, new CostRow(base, words[1].charAt(0), loads, stores));
    }

    private void name(String[] words, int from, CostRow row) {
        if (words.length == from) {
            throw expected("at least one mnemonic");
        }
        for (int i = from; i < words.length; i++) {
            if (!words[i].matches("[a-z][a-z0-9]*(:(control|debug|segment))?")) {
                throw expected("a mnemonic in lower case instead of " + words[i]);
            }
            if (rows.put(words[i], row) != null) {
                throw expected(words[i] + " in one row only");
            }
        }
    }

    private int cycles(String word) {
        if (!word.matches("[0-9]{1,7}") || Integer.parseInt(word) > MOST) {
            throw expected("a number of cycles up to " + MOST + " instead of " + word);
        }
        return Integer.parseInt(word);
    }

    private CostTableException expected(String expectation) {
        return new CostTableException(source, number, line, expectation);
    }
}
