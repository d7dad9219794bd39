package io.github.nmi64.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is printed to be pasted is read back by a shell as it was meant. */
class ShellTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            plain/file-1.S   | plain/file-1.S
            two words        | 'two words'
            it's             | "'it'\\''s'"
            $HOME;`x`        | '$HOME;`x`'
            ""               | ''
            """)
    void words_are_quoted_as_the_shell_reads_them(String word, String quoted) throws Exception {
        assertThat(Shell.line(List.of(word))).isEqualTo(quoted);
        Process shell = new ProcessBuilder("bash", "-c", "printf %s " + Shell.line(List.of(word))).start();
        assertThat(new String(shell.getInputStream().readAllBytes())).isEqualTo(word);
    }

    @Test
    void a_word_that_moves_the_cursor_is_spelled_out() throws Exception {
        String word = "a\nb\u001b[1m'\\";

        assertThat(Shell.line(List.of(word))).isEqualTo("$'a\\012b\\033[1m\\'\\\\'");
        Process shell = new ProcessBuilder("bash", "-c", "printf %s " + Shell.line(List.of(word))).start();
        assertThat(new String(shell.getInputStream().readAllBytes())).isEqualTo(word);
    }
}
