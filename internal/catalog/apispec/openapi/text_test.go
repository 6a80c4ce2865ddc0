package openapi_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestJSONIsReadAsItStands has what JSON may say and YAML may not: its document says
// the same as any reader of JSON finds in it.
func TestJSONIsReadAsItStands(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ written, means string }{
		"a pair of surrogates":      {`wave \ud83d\udc4b`, "wave \U0001F44B"},
		"half of a pair":            {`\ud83d alone`, "\uFFFD alone"},
		"two halves":                {`\udc4b\ud83d`, "\uFFFD\uFFFD"},
		"the plain escapes":         {`\u00e9\/\t`, "é/\t"},
		"a delete":                  {"a\x7fb", "a\x7fb"},
		"a control of Latin-1":      {"a\u009cb", "a\u009cb"},
		"next line":                 {"a\u0085b", "a\u0085b"},
		"a separator of lines":      {"a\u2028b\u2029c", "a\u2028b\u2029c"},
		"a mark of the byte order":  {"a\uFEFFb", "a\uFEFFb"},
		"no character":              {"a\uFFFFb", "a\uFFFFb"},
		"a backslash, then letters": {`\\ud83d`, `\ud83d`},
		"a quote":                   {`\"\ud83d\udc4b\"`, "\"\U0001F44B\""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := openapi.Read("api.json", []byte("{\n\t\"openapi\": \"3.0.3\",\n\t\"info\": {\"title\": \""+c.written+"\", \"version\": \"1\"},\n\t\"paths\": {}\n}"))
			if err != nil {
				t.Fatal(err, problems(err))
			}
			info, _ := d.Value().(map[string]any)["info"].(map[string]any)
			if d.Spec.Info.Title != c.means || info["title"] != c.means {
				t.Errorf("the title is %q and %q, want %q", d.Spec.Info.Title, info["title"], c.means)
			}
		})
	}
}

func TestWhatIsNoTextHasItsPlace(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		src          string
		line, column int
		says         string
	}{
		"a byte of Latin-1":     {head + "paths: {}\nx-a: gr\xfcn\n", 4, 8, "UTF-8"},
		"no comma":              {"{\"openapi\": \"3.0.3\",\n \"info\": {\"title\": \"é\" \"version\": \"1\"}}", 2, 24, "after object key:value pair"},
		"an end that comes":     {"{\"openapi\": \"3.0.3\",\n \"info\": {", 2, 10, "unexpected end"},
		"a million of brackets": {"{\"x\": " + strings.Repeat("[", 1_000_000), 1, 1, "64 levels"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := openapi.Read("api.json", []byte(c.src))
			all := problems(err)
			if len(all) != 1 || all[0].Line != c.line || all[0].Column != c.column || !strings.Contains(all[0].Message, c.says) {
				t.Errorf("told %+v; want %d:%d and %q", all, c.line, c.column, c.says)
			}
		})
	}
}

func problems(err error) []kernel.Problem {
	if known, is := errors.AsType[*kernel.Error](err); is {
		return known.Problems
	}
	return nil
}

// TestExamplesNeedNoValue has examples that the standard allows: with the value null,
// and with none.
func TestExamplesNeedNoValue(t *testing.T) {
	t.Parallel()
	d, err := openapi.Read("api.yaml", []byte(head+`paths: {}
components:
  examples:
    Empty: {value: null}
    Bare: {summary: nothing to see}
`))
	if err != nil {
		t.Fatal(err, problems(err))
	}
	if len(d.Doubts) != 1 || d.Doubts[0].Line != 7 {
		t.Errorf("doubted %+v, want the example in line 7", d.Doubts)
	}
}
