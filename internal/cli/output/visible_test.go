package output_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/cli/output"
)

// TestWhatOthersHaveWrittenForgesNothing: neither rows nor columns, and it moves no terminal.
func TestWhatOthersHaveWrittenForgesNothing(t *testing.T) {
	t.Parallel()
	write := func(people func(w io.Writer)) string {
		t.Helper()
		var b strings.Builder
		if err := output.Write(&b, output.Table, nil, people); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for name, c := range map[string]struct{ got, want string }{
		"a row": {
			write(func(w io.Writer) {
				output.Rows(w, []string{"WHO", "WHY"}, [][]string{{"ada", "ok\neve\tno"}, {"b\x1b[2Ab", ""}})
			}),
			"WHO         WHY\nada         ok\\neve\\tno\nb\\x1b[2Ab   -\n",
		},
		"the lines of a value": {
			write(func(w io.Writer) { output.Pairs(w, "why", "one\nrun  two\tx", "run", "id") }),
			"why   one\n      run  two\\tx\nrun   id\n",
		},
		"a detail": {
			write(func(w io.Writer) { _, _ = fmt.Fprintf(w, "by\t%s\n", "\u202eada\u009b1m\x9b\r\u2028ü") }),
			"by\t\\u202eada\\u009b1m\\x9b\\r\\u2028ü\n",
		},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}
