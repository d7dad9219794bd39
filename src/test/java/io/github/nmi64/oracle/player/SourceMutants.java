package io.github.nmi64.oracle.player;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Defects in the source of an NMI entry, as a tired author makes them: one line, or two neighbours, in each. The same source
 * gives the same mutants in the same order. Not all of them assemble, and not all of them are defects.
 */
final class SourceMutants {
    /** A defect: the source that has it, and where and what it is. */
    record Mutant(int line, String before, String change, String source) {
        @Override
        public String toString() {
            return "line " + line + " `" + before + "`: " + change;
        }
    }

    private static final Pattern CODE = Pattern.compile("(\\s*(?:\\w+:)?\\s*)([a-z]\\w*)(?:\\s+(\\S.*?))?\\s*");
    private static final Pattern LABEL = Pattern.compile("([a-z]\\w*):\\s*");
    private static final Pattern REPEATED = Pattern.compile("(\\s*\\.rept\\s+)(\\d+)\\s*");
    private static final Pattern BASED = Pattern.compile("[^$%]*\\(%r\\w+\\)");
    private static final List<String> NOT_CODE = List.of("gate", "directive", "serial_mark");
    private static final List<String> CONDITIONS =
            List.of("je", "jne", "ja", "jbe", "jb", "jae", "jz", "jnz", "js", "jns");

    /** What stands for what: every occurrence in an operand, one at a time. */
    private static final List<Map.Entry<String, List<String>>> OPERANDS = List.of(
            Map.entry("$KERNEL_CS", List.of("$KERNEL_DS", "$USER_CS")),
            Map.entry("$KERNEL_DS", List.of("$KERNEL_CS", "$USER_DS", "$0")),
            Map.entry("$repeat_nmi", List.of("$end_repeat_nmi", "$first_nmi")),
            Map.entry("$end_repeat_nmi", List.of("$repeat_nmi", "$do_nmi")),
            Map.entry("$1", List.of("$0", "$2")),
            Map.entry("$0", List.of("$1")),
            Map.entry("$-1", List.of("$0")),
            Map.entry("%rdx", List.of("%rcx", "%rsp")),
            Map.entry("%edx", List.of("%eax")),
            Map.entry("%rcx", List.of("%rsi")),
            Map.entry("%ecx", List.of("%edx")),
            Map.entry("%rax", List.of("%rbx")),
            Map.entry("%ebx", List.of("%ebp")),
            Map.entry("%r12", List.of("%r10")),
            Map.entry("%rdi", List.of("%r8")),
            Map.entry("%cr2", List.of("%cr3")));

    /** What an instruction is taken for. */
    private static final Map<String, List<String>> MNEMONICS = Map.ofEntries(
            Map.entry("iretq", List.of("iretl", "ret", "lretq", "sysretq")),
            Map.entry("ret", List.of("iretq", "ret $8", "lretq")),
            Map.entry("cmpl", List.of("cmpq", "cmpw", "testl")),
            Map.entry("cmpq", List.of("cmpl", "testq")),
            Map.entry("movq", List.of("movl", "leaq", "addq")),
            Map.entry("leaq", List.of("movq")),
            Map.entry("addq", List.of("subq", "orq")),
            Map.entry("subq", List.of("addq")),
            Map.entry("testl", List.of("cmpl")),
            Map.entry("testb", List.of("cmpb")),
            Map.entry("cld", List.of("std", "sti")),
            Map.entry("std", List.of("cld")),
            Map.entry("decl", List.of("incl")),
            Map.entry("pushfq", List.of("pushq $0", "pushq $2")),
            Map.entry("pushq", List.of("pushw")),
            Map.entry("popq", List.of("popw")));

    private final List<String> lines;
    private final List<Integer> code = new ArrayList<>();
    private final List<String> labels = new ArrayList<>();
    private final List<Mutant> mutants = new ArrayList<>();

    private SourceMutants(String source) {
        lines = List.of(source.split("\n"));
    }

    /** All mutants of a source. */
    static List<Mutant> of(String source) {
        SourceMutants made = new SourceMutants(source);
        made.collect();
        for (int line : made.code) {
            made.mutate(line);
        }
        made.moveLabels();
        made.changeCounts();
        return List.copyOf(made.mutants);
    }

    private void collect() {
        boolean comment = false;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            boolean opens = line.contains("/*");
            boolean closes = line.contains("*/");
            Matcher label = LABEL.matcher(line);
            if (!comment && !opens && label.matches()) {
                labels.add(label.group(1));
            } else if (!comment && !opens) {
                Matcher instruction = CODE.matcher(line);
                if (instruction.matches() && !NOT_CODE.contains(instruction.group(2))) {
                    code.add(i);
                }
            }
            comment = (comment || opens) && !closes;
        }
    }

    private Matcher parts(int line) {
        Matcher parts = CODE.matcher(lines.get(line));
        if (!parts.matches()) {
            throw new IllegalStateException(lines.get(line));
        }
        return parts;
    }

    private void mutate(int line) {
        Matcher parts = parts(line);
        String before = parts.group(1);
        String mnemonic = parts.group(2);
        String operands = parts.group(3) == null ? "" : parts.group(3);
        replace(line, "left out", before);
        if (!mnemonic.startsWith("j") && !mnemonic.endsWith("ret") && !mnemonic.startsWith("iret")) {
            replace(line, "twice", lines.get(line) + "\n        " + mnemonic + " " + operands);
        }
        swapWithNext(line, before, mnemonic + " " + operands);
        for (String other : MNEMONICS.getOrDefault(mnemonic, List.of())) {
            replace(line, other, before + other + " " + (other.contains(" ") ? "" : operands));
        }
        if (CONDITIONS.contains(mnemonic)) {
            conditions(line, before, mnemonic, operands);
        }
        if ((mnemonic.startsWith("j") || mnemonic.equals("call")) && labels.contains(operands)) {
            targets(line, before + mnemonic + " ", operands);
        } else {
            operands(line, before + mnemonic + " ", split(operands));
        }
    }

    private void swapWithNext(int line, String before, String text) {
        int next = code.indexOf(line) + 1;
        if (next < code.size() && code.get(next) == line + 1) {
            Matcher other = parts(line + 1);
            if (!other.group(1).contains(":")) {
                String operands = other.group(3) == null ? "" : other.group(3);
                String swapped = before + other.group(2) + " " + operands + "\n        " + text;
                add(line, "swapped with the next line", swapped, line + 2);
            }
        }
    }

    private void conditions(int line, String before, String mnemonic, String operands) {
        int at = CONDITIONS.indexOf(mnemonic);
        List<String> others = new ArrayList<>();
        others.add(CONDITIONS.get(at ^ 1));
        others.add(CONDITIONS.get((at + 2) % CONDITIONS.size()));
        if (mnemonic.equals("ja")) {
            others.add("jae");
        } else if (mnemonic.equals("jb")) {
            others.add("jbe");
        }
        others.add("jmp");
        for (String other : others) {
            replace(line, other, before + other + " " + operands);
        }
    }

    private void targets(int line, String before, String target) {
        int at = labels.indexOf(target);
        for (int step : new int[] {1, 2, labels.size() - 1}) {
            String other = labels.get((at + step) % labels.size());
            replace(line, "to " + other, before + other);
        }
    }

    private void operands(int line, String before, List<String> operands) {
        if (operands.size() == 2 && !operands.get(0).startsWith("$")) {
            replace(line, "operands exchanged", before + operands.get(1) + ", " + operands.get(0));
        }
        for (int i = 0; i < operands.size(); i++) {
            String operand = operands.get(i);
            if (BASED.matcher(operand).matches()) {
                shift(line, before, operands, i, "a word up", text -> (text.startsWith("(") ? "8" : "8+") + text);
                shift(line, before, operands, i, "a word down", text -> (text.startsWith("(") ? "-8" : "-8+") + text);
            } else if (operand.startsWith("$")
                    && operands.get(operands.size() - 1).equals("%rsp")) {
                shift(line, before, operands, i, "a word more", text -> "$8+" + text.substring(1));
                shift(line, before, operands, i, "a word less", text -> "$-8+" + text.substring(1));
            }
            for (Map.Entry<String, List<String>> known : OPERANDS) {
                boolean whole = operand.equals(known.getKey());
                boolean based = known.getKey().startsWith("%r") && operand.contains("(" + known.getKey() + ")");
                for (String other : whole || based ? known.getValue() : List.<String>of()) {
                    shift(line, before, operands, i, other, text -> text.replace(known.getKey(), other));
                }
            }
        }
    }

    private void shift(
            int line, String before, List<String> operands, int at, String change, UnaryOperator<String> to) {
        List<String> changed = new ArrayList<>(operands);
        changed.set(at, to.apply(operands.get(at)));
        replace(line, "operand " + (at + 1) + ": " + change, before + String.join(", ", changed));
    }

    /** A label that something tests RIP against, or that is jumped to, one line up or down. */
    private void moveLabels() {
        for (int i = 0; i + 1 < lines.size(); i++) {
            if (LABEL.matcher(lines.get(i)).matches() && code.contains(i + 1)) {
                add(i, "a line down", lines.get(i + 1) + "\n" + lines.get(i), i + 2);
            }
            if (LABEL.matcher(lines.get(i + 1)).matches() && code.contains(i)) {
                add(i, "with the label behind it before it", lines.get(i + 1) + "\n" + lines.get(i), i + 2);
            }
        }
    }

    private void changeCounts() {
        for (int i = 0; i < lines.size(); i++) {
            Matcher repeated = REPEATED.matcher(lines.get(i));
            if (repeated.matches()) {
                int count = Integer.parseInt(repeated.group(2));
                replace(i, "once less", repeated.group(1) + (count - 1));
                replace(i, "once more", repeated.group(1) + (count + 1));
            }
        }
    }

    private void replace(int line, String change, String text) {
        add(line, change, text, line + 1);
    }

    private void add(int line, String change, String text, int next) {
        List<String> changed = new ArrayList<>(lines.subList(0, line));
        changed.add(text);
        changed.addAll(lines.subList(next, lines.size()));
        mutants.add(new Mutant(line + 1, lines.get(line).strip(), change, String.join("\n", changed) + "\n"));
    }

    /** Operands, separated by commas outside parentheses. */
    private static List<String> split(String operands) {
        List<String> split = new ArrayList<>();
        int depth = 0;
        int from = 0;
        for (int i = 0; i < operands.length(); i++) {
            char c = operands.charAt(i);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (c == ',' && depth == 0) {
                split.add(operands.substring(from, i).strip());
                from = i + 1;
            }
        }
        if (!operands.isBlank()) {
            split.add(operands.substring(from).strip());
        }
        return split;
    }
}
