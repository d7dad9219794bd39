package io.github.nmi64.schedule;

import io.github.nmi64.bits.Numeral;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads one text of the injection language; every complaint quotes that whole text. */
final class InjectionSyntax {

    /**
     * One way to say when: its key, what follows the key, the options it knows, and the value it means.
     *
     * @param usage what follows {@code key=}, in the notation of the user's manual
     */
    private record Form(String key, String usage, Set<String> options, Function<Arguments, When> meaning) {}

    private static final List<Form> FORMS = List.of(
            new Form("cycle", "N[,from=reset]", Set.of("from"), a -> new When.AtCycle(a.number("N", 0), a.origin())),
            new Form("step", "N[,from=reset]", Set.of("from"), a -> new When.AtStep(a.number("N", 0), a.origin())),
            new Form("at", "SYMBOL[+OFF][,hit=K]", Set.of("hit"), Arguments::place),
            new Form("after", "MNEMONIC[,hit=K]", Set.of("hit"), Arguments::mnemonic),
            new Form("every", "N[,from=M|reset|reset+M]", Set.of("from"), Arguments::period),
            new Form("random", "SEED,count=N[,from=reset]", Set.of("count", "from"), Arguments::seed));

    private static final String RESET = "reset";

    private final String text;

    InjectionSyntax(String text) {
        this.text = text;
    }

    Injection injection() {
        int at = text.indexOf('@');
        if (at < 0) {
            throw expected("KIND@WHEN, such as nmi@cycle=100");
        }
        return new Injection(kind(text.substring(0, at)), when(text.substring(at + 1)));
    }

    InjectedEvent kind() {
        return kind(text);
    }

    When when() {
        return when(text);
    }

    private InjectedEvent kind(String kind) {
        return switch (kind) {
            case "nmi" -> InjectedEvent.NMI;
            case "mce" -> InjectedEvent.MCE;
            case "db" -> InjectedEvent.DB;
            case "int3" -> InjectedEvent.INT3;
            case "iret-fault" -> InjectedEvent.IRET_FAULT;
            default -> {
                if (!kind.startsWith("intr:")) {
                    throw expected("nmi, mce, db, int3, iret-fault or intr:VECTOR as KIND, found '" + kind + "'");
                }
                yield InjectedEvent.intr((int) numberIn(
                        kind.substring("intr:".length()),
                        "VECTOR after 'intr:'",
                        InjectedEvent.LOWEST_INTR_VECTOR,
                        InjectedEvent.HIGHEST_INTR_VECTOR));
            }
        };
    }

    private When when(String when) {
        int equals = when.indexOf('=');
        String key = equals < 0 ? when : when.substring(0, equals);
        Form form = FORMS.stream()
                .filter(f -> f.key().equals(key))
                .findFirst()
                .orElseThrow(() -> expected(keys() + " as WHEN, found '" + when + "'"));
        if (equals < 0) {
            throw expected("'=" + form.usage() + "' after '" + key + "'");
        }
        return form.meaning().apply(arguments(form, when.substring(equals + 1)));
    }

    private Arguments arguments(Form form, String rest) {
        String[] parts = rest.split(",", -1);
        var options = new LinkedHashMap<String, String>();
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            String name = equals < 0 ? parts[i] : parts[i].substring(0, equals);
            if (equals < 0 || !form.options().contains(name)) {
                throw expected(usage(form) + ", found '," + parts[i] + "'");
            }
            if (options.put(name, parts[i].substring(equals + 1)) != null) {
                throw expected("'" + name + "=' only once");
            }
        }
        var arguments = new Arguments(this, form, parts[0], options);
        if (parts[0].isEmpty()) {
            throw arguments.malformed();
        }
        return arguments;
    }

    private static String usage(Form form) {
        return form.usage() + " after '" + form.key() + "='";
    }

    private static String keys() {
        return FORMS.stream().map(form -> form.key() + "=").collect(Collectors.joining(", "));
    }

    private long numberIn(String digits, String what, long lowest, long highest) {
        OptionalLong number = Numeral.natural(digits);
        if (number.isEmpty() || number.getAsLong() < lowest || number.getAsLong() > highest) {
            throw expected(what + ", a number from " + lowest + " to " + highest + ", found '" + digits + "'");
        }
        return number.getAsLong();
    }

    private ScheduleSyntaxException expected(String what) {
        return new ScheduleSyntaxException(text, ScheduleSyntaxException.printable(what));
    }

    /** What stands after the key: a value and options whose names the form knows. */
    private record Arguments(InjectionSyntax syntax, Form form, String value, Map<String, String> options) {

        long number(String name, long lowest) {
            return syntax.numberIn(value, name + " after '" + form.key() + "='", lowest, Long.MAX_VALUE);
        }

        long option(String name, String placeholder, long lowest, long highest, long otherwise) {
            String digits = options.get(name);
            return digits == null
                    ? otherwise
                    : syntax.numberIn(digits, placeholder + " after '" + name + "='", lowest, highest);
        }

        long hit() {
            return option("hit", "K", 1, Long.MAX_VALUE, 1);
        }

        When place() {
            if (Character.isDigit(value.charAt(0))) {
                return new When.AtAddress(address(), hit());
            }
            int plus = value.indexOf('+');
            String symbol = plus < 0 ? value : value.substring(0, plus);
            if (!When.AtSymbol.isName(symbol)) {
                throw malformed();
            }
            long offset = plus < 0 ? 0 : syntax.numberIn(value.substring(plus + 1), "OFF after '+'", 0, Long.MAX_VALUE);
            return new When.AtSymbol(symbol, offset, hit());
        }

        private long address() {
            OptionalLong address = value.startsWith("0x") ? Numeral.unsigned(value) : OptionalLong.empty();
            if (address.isEmpty() || !When.AtAddress.isCanonical(address.getAsLong())) {
                throw syntax.expected("a symbol or a canonical address with 0x after 'at=', found '" + value + "'");
            }
            return address.getAsLong();
        }

        When mnemonic() {
            String mnemonic = value.toLowerCase(Locale.ROOT);
            if (!When.After.isMnemonic(mnemonic)) {
                throw malformed();
            }
            return new When.After(mnemonic, hit());
        }

        /** What a single {@code from=reset} says. */
        When.Origin origin() {
            String from = options.get("from");
            if (from != null && !from.equals(RESET)) {
                throw syntax.expected("'reset' after 'from=', found '" + from + "'");
            }
            return from == null ? When.Origin.WINDOW : When.Origin.RESET;
        }

        When period() {
            long period = number("N", 1);
            String from = options.getOrDefault("from", "");
            if (!from.startsWith(RESET)) {
                return new When.Every(period, option("from", "M", 0, Long.MAX_VALUE, period));
            }
            String rest = from.substring(RESET.length());
            if (rest.isEmpty()) {
                return new When.Every(period, period, When.Origin.RESET);
            }
            if (!rest.startsWith("+")) {
                throw syntax.expected(usage(form) + ", found ',from=" + from + "'");
            }
            long first = syntax.numberIn(rest.substring(1), "M after 'from=reset+'", 0, Long.MAX_VALUE);
            return new When.Every(period, first, When.Origin.RESET);
        }

        When seed() {
            OptionalLong seed = Numeral.signed(value);
            if (seed.isEmpty() || !options.containsKey("count")) {
                throw malformed();
            }
            return new When.Seeded(seed.getAsLong(), (int) option("count", "N", 1, When.Seeded.MOST, 1), origin());
        }

        ScheduleSyntaxException malformed() {
            return syntax.expected(usage(form) + (value.isEmpty() ? "" : ", found '" + value + "'"));
        }
    }
}
